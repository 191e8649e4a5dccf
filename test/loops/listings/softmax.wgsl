@group(0) @binding(0) var<storage, read> b0_x: array<f32>;
@group(0) @binding(1) var<storage, read_write> b1_div: array<f32>;
var<workgroup> lanes_f32: array<f32, 64>;
var<workgroup> scratch0: array<f32, 100>;

fn of_bits(word: u32) -> f32 { return bitcast<f32>(word); }
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn max_f32(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, is_nan(b)), a, is_nan(a)); }

@compute @workgroup_size(64)
fn amax_sub_exp_sum(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = i32(local.x);
  for (var row = i32(group.x) * 1; row < min(64, i32(group.x) * 1 + 1); row++) {
    let i0 = row;
    var r1 = of_bits(4286578688u);
    for (var flat = lane; flat < 100; flat += 64) {
      let i1 = flat;
      let v0 = b0_x[100 * i0 + i1];
      r1 = max_f32(r1, v0);
    }
    lanes_f32[lane] = r1;
    workgroupBarrier();
    for (var half = 32; half > 0; half >>= 1u) {
      if (lane < half) {
        lanes_f32[lane] = max_f32(lanes_f32[lane], lanes_f32[lane + half]);
      }
      workgroupBarrier();
    }
    let v1 = lanes_f32[0];
    workgroupBarrier();
    var r5 = 0f;
    for (var flat = lane; flat < 100; flat += 64) {
      let i1 = flat;
      let v2 = b0_x[100 * i0 + i1];
      let v3 = (v2 - v1);
      let v4 = exp(v3);
      r5 = (r5 + v4);
      scratch0[flat] = v4;
    }
    lanes_f32[lane] = r5;
    workgroupBarrier();
    for (var half = 32; half > 0; half >>= 1u) {
      if (lane < half) {
        lanes_f32[lane] = (lanes_f32[lane] + lanes_f32[lane + half]);
      }
      workgroupBarrier();
    }
    let v5 = lanes_f32[0];
    workgroupBarrier();
    for (var flat = lane; flat < 100; flat += 64) {
      let i1 = flat;
      let v6 = scratch0[flat];
      let v7 = (v6 / v5);
      b1_div[100 * i0 + i1] = v7;
    }
  }
}
