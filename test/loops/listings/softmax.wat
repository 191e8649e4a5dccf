(module
  (import "math" "exp" (func $exp (param f32) (result f32)))
  (import "env" "memory" (memory 1))
  (func $exp4 (param $a v128) (result v128)
    (f32x4.replace_lane 3 (f32x4.replace_lane 2 (f32x4.replace_lane 1 (f32x4.splat (call $exp (f32x4.extract_lane 0 (local.get $a)))) (call $exp (f32x4.extract_lane 1 (local.get $a)))) (call $exp (f32x4.extract_lane 2 (local.get $a)))) (call $exp (f32x4.extract_lane 3 (local.get $a)))))
  ;; buffer 0: x, 6400 of float32, read
  ;; buffer 1: div, 6400 of float32, write
  (func $amax_sub_exp_sum (export "amax_sub_exp_sum") (param $b0 i32) (param $b1 i32) (param $scratch i32) (param $partials i32) (param $first i32) (param $last i32)
    (local $flat i32) (local $i0 i32) (local $r1 f32) (local $s1 v128) (local $i1 i32) (local $w0 v128) (local $v1 f32) (local $r5 f32) (local $s5 v128) (local $w2 v128) (local $w3 v128) (local $w4 v128) (local $v5 f32) (local $w6 v128) (local $w7 v128)
    (local.set $flat (local.get $first))
    (block $end0 (loop $next0
      (br_if $end0 (i32.ge_s (local.get $flat) (local.get $last)))
      (local.set $i0 (local.get $flat))
      ;; stage 0
      (local.set $r1 (f32.const -inf))
      (local.set $s1 (f32x4.splat (f32.const -inf)))
      (local.set $i1 (i32.const 0))
      (block $end1 (loop $next1
        (br_if $end1 (i32.ge_s (local.get $i1) (i32.const 100)))
        (local.set $w0 (v128.load (i32.add (local.get $b0) (i32.shl (i32.add (i32.mul (local.get $i0) (i32.const 100)) (local.get $i1)) (i32.const 2)))))
        (local.set $s1 (f32x4.max (local.get $s1) (local.get $w0)))
        (local.set $i1 (i32.add (local.get $i1) (i32.const 4)))
        (br $next1)))
      (local.set $v1 (f32.max (f32.max (f32.max (f32.max (local.get $r1) (f32x4.extract_lane 0 (local.get $s1))) (f32x4.extract_lane 1 (local.get $s1))) (f32x4.extract_lane 2 (local.get $s1))) (f32x4.extract_lane 3 (local.get $s1))))
      ;; stage 1
      (local.set $r5 (f32.const 0))
      (local.set $s5 (f32x4.splat (f32.const 0)))
      (local.set $i1 (i32.const 0))
      (block $end2 (loop $next2
        (br_if $end2 (i32.ge_s (local.get $i1) (i32.const 100)))
        (local.set $w2 (v128.load (i32.add (local.get $b0) (i32.shl (i32.add (i32.mul (local.get $i0) (i32.const 100)) (local.get $i1)) (i32.const 2)))))
        (local.set $w3 (f32x4.sub (local.get $w2) (f32x4.splat (local.get $v1))))
        (local.set $w4 (call $exp4 (local.get $w3)))
        (local.set $s5 (f32x4.add (local.get $s5) (local.get $w4)))
        (v128.store (i32.add (local.get $scratch) (i32.shl (i32.add (i32.const 0) (local.get $i1)) (i32.const 2))) (local.get $w4))
        (local.set $i1 (i32.add (local.get $i1) (i32.const 4)))
        (br $next2)))
      (local.set $v5 (f32.add (f32.add (f32.add (f32.add (local.get $r5) (f32x4.extract_lane 0 (local.get $s5))) (f32x4.extract_lane 1 (local.get $s5))) (f32x4.extract_lane 2 (local.get $s5))) (f32x4.extract_lane 3 (local.get $s5))))
      ;; stage 2
      (local.set $i1 (i32.const 0))
      (block $end3 (loop $next3
        (br_if $end3 (i32.ge_s (local.get $i1) (i32.const 100)))
        (local.set $w6 (v128.load (i32.add (local.get $scratch) (i32.shl (i32.add (i32.const 0) (local.get $i1)) (i32.const 2)))))
        (local.set $w7 (f32x4.div (local.get $w6) (f32x4.splat (local.get $v5))))
        (v128.store (i32.add (local.get $b1) (i32.shl (i32.add (i32.mul (local.get $i0) (i32.const 100)) (local.get $i1)) (i32.const 2))) (local.get $w7))
        (local.set $i1 (i32.add (local.get $i1) (i32.const 4)))
        (br $next3)))
      (local.set $flat (i32.add (local.get $flat) (i32.const 1)))
      (br $next0)))
  )
)
