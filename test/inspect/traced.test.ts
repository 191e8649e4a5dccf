import { describe, expect, test } from 'vitest';
import { renderSvg } from '../../examples/graph/render.js';
import * as browser from '../../src/browser.js';
import * as fusegrad from '../../src/index.js';
import {
  Traced,
  formatProfile,
  stages,
  trace as traceOf,
  watch,
  type DrawnStage,
} from '../../src/inspect/index.js';
import { compileGraph } from '../../src/runtime/index.js';
import { mlp, softmax, textCNN, type Stages } from './models.js';

const trace = ({ forward, graph }: Stages, fusion = true): Traced =>
  new Traced(compileGraph(graph, { name: 'step', fusion }), forward);
const drawn = stages.filter((stage): stage is DrawnStage => stage !== 'source');

describe('dump', () => {
  const program = trace(softmax());
  test('fused: members, results and reasons', () => {
    expect(program.dump('fused')).toMatchInlineSnapshot(`
      "0: row amax_sub_exp_sum
        %0 = amax float32[4] x axes=[1]  # main.ts:3
        %2 = sub float32[4, 8] x expand(reshape(%0))  # main.ts:3
        %3 = exp float32[4, 8] %2  # main.ts:3
        %4 = sum float32[4] %3 axes=[1]  # main.ts:3
        %5 = div float32[4, 8] %3 expand(reshape(%4))  # main.ts:3
        stores %5: float32[4, 8], 128 B"
    `);
  });
  test('loops: pseudo code with index expressions', () => {
    expect(program.dump('loops')).toMatchInlineSnapshot(`
      "row amax_sub_exp_sum(x: float32[32]) -> div: float32[32]
        # amax, sub, exp, sum, div  textcnn/main.ts:3:15
        scratch0: float32 for each inner position
        for i0 < 4:
          for i1 < 8:
            v0 = x[8*i0 + i1]
            v1 = max of v0
          for i1 < 8:
            v2 = x[8*i0 + i1]
            v3 = v2 - v1
            v4 = exp(v3)
            v5 = sum of v4
            scratch0[here] = v4
          for i1 < 8:
            v6 = scratch0[here]
            v7 = v6 / v5
            div[8*i0 + i1] = v7"
    `);
  });
  test('memory: a table and a chart', () => {
    const text = trace(mlp()).dump('memory');
    expect(text.split('\n')[0]).toMatch(
      /^arena: .* for \d+ values, \d+\.\d % over the largest sum of live bytes, /,
    );
    expect(text).toContain('offset  bytes  steps');
    expect(text).toContain('█'.repeat(40));
    expect(text).toMatch(/state +0\.weight +float32\[16, 12\]/);
  });
  test('every stage of every program has a text', () => {
    for (const step of [softmax(), mlp(), textCNN()]) {
      const program = trace(step);
      for (const stage of stages) expect(program.dump(stage)).not.toBe('');
    }
  });
  test('refuses a stage there is not', () => {
    expect(() => program.dump('fuse' as 'fused')).toThrow('there is no stage "fuse"');
    expect(() => program.toDot('source' as 'fused')).toThrow('there is no drawing of stage "source"');
  });
});

describe('explain', () => {
  test.each([true, false])('adds up, fusion %s', (fusion) => {
    const program = trace(mlp(), fusion);
    const { kernels, totals, name } = program.explain();
    expect(name).toBe('step');
    expect(totals.kernels).toBe(program.compilation.plan.program.steps.length);
    expect(kernels.map((kernel) => kernel.name)).toEqual([...new Set(kernels.map((kernel) => kernel.name))]);
    expect(totals.bytesFused).toBe(
      kernels.reduce((sum, kernel) => sum + kernel.bytesRead + kernel.bytesWritten, 0),
    );
    expect(totals.arenaBytes).toBeGreaterThanOrEqual(totals.arenaLowerBound);
    if (fusion) expect(totals.bytesUnfused).toBeGreaterThan(totals.bytesFused);
    for (const { reason } of kernels.flatMap((kernel) => kernel.boundaries)) expect(reason).not.toBe('');
  });
  test('is the same as JSON and names everything in its text', () => {
    const explanation = trace(mlp()).explain();
    const { name, kernels, attention, totals } = explanation;
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(
      JSON.parse(JSON.stringify({ name, kernels, attention, totals })),
    );
    for (const kernel of kernels) expect(String(explanation)).toContain(kernel.name);
    expect(String(explanation)).toContain('main.ts:9 · Sequential.0');
  });
  test('kernels carry their loops and comments', () => {
    const [kernel] = trace(softmax()).kernels;
    expect(kernel).toMatchObject({ kind: 'row', comment: [expect.stringContaining('main.ts:3')] });
    expect(kernel!.nest!.name).toBe(kernel!.name);
  });
});

describe('toDot', () => {
  const program = trace(textCNN());
  const boxesOf = (dot: string): number => dot.match(/^ *"[^"]*" \[/gm)!.length;
  test.each(drawn)('TextCNN, %s: at most 80 boxes, rendered in 5 s', async (stage) => {
    const dot = program.toDot(stage);
    expect(boxesOf(dot)).toBeLessThanOrEqual(80);
    const start = performance.now();
    expect(await renderSvg(dot)).toContain('<svg');
    expect(performance.now() - start).toBeLessThan(5000);
  });
  test('fused drawings have kernels with bytes, and reasons', () => {
    const dot = program.toDot('fused');
    for (const { name } of program.kernels.filter(({ kind }) => kind === 'contract'))
      expect(dot).toContain(`: ${name}\\n`);
    expect(dot).toMatch(/reads [\d.]+ [KM]?B, writes [\d.]+ [KM]?B/);
    expect(dot.replace(/\\n/g, ' ')).toContain(
      'a reduction needs whole rows, which a contraction does not have at once',
    );
  });
  test.each(['module', 'region', 'op'] as const)('every detail draws: %s', async (detail) => {
    const small = trace(mlp());
    for (const stage of drawn) expect(await renderSvg(small.toDot(stage, { detail }))).toContain('<svg');
  });
  test('parameters, inputs and results carry their names', () => {
    const dot = program.toDot('graph');
    for (const text of [
      'embed.weight  5000x64',
      'tokens  32x60 int32',
      'result  scalar',
      'gradient of convs.1',
      'optimizer',
    ]) {
      expect(dot).toContain(text);
    }
  });
  test.each(drawn)('the title and the legend of %s may be left out', (stage) => {
    const [whole, bare] = [program.toDot(stage), program.toDot(stage, { head: false })];
    expect(whole).toMatch(/^digraph \{\n {2}graph \[.*label="step: /);
    expect(bare).not.toMatch(/^ {2}graph \[.*label=|legend0/m);
    const nodes = (dot: string): string[] => dot.match(/^ *"(?!legend).*$/gm)!;
    expect(nodes(bare)).toEqual(nodes(whole));
  });

  test('the memory chart is a picture of every value', () => {
    const svg = program.memoryChart();
    expect(svg.match(/<rect x/g)).toHaveLength(program.compilation.plan.program.allocations.length);
  });
});

test('in a browser, trace is a function beside the compiled one', () => {
  const double = (x: fusegrad.Tensor) => x.mul(2);
  const step = browser.compile(double, { name: 'double' });
  const x = fusegrad.zeros(3);
  expect(() => step.trace(x)).toThrow(
    /^double\.trace: what draws programs is not in this bundle.*import \{ trace \} from 'fusegrad\/inspect'/s,
  );
  const whole = fusegrad.compile(double, { name: 'double' }).trace(x);
  for (const stage of ['loops', 'source'] as const) {
    expect(traceOf(step, x).dump(stage)).toBe(whole.dump(stage));
  }
});

test('watch sees every program that is compiled', () => {
  const seen: string[] = [];
  const stop = watch((program) => seen.push(program.name));
  compileGraph(softmax().graph, { name: 'one' });
  stop();
  compileGraph(softmax().graph, { name: 'two' });
  expect(seen).toEqual(['one']);
});

test('a profile is a table, the longest first', () => {
  const clock = 'host' as const;
  const times = [
    { name: 'add', calls: 2, ms: 1, clock },
    { name: 'dot', calls: 2, ms: 3, clock },
  ];
  expect(formatProfile(times)).toMatchInlineSnapshot(`
    "kernel  calls    ms  ms/call   share
    ------  -----  ----  -------  ------
    dot         2  3.00     1.50  75.0 %
    add         2  1.00    0.500  25.0 %
    total       4  4.00"
  `);
  expect(formatProfile(times.map((time) => ({ ...time, clock: 'completion' })))).toMatch(
    /\ntotal .*\nwall time until the device was seen to be done: it has no timestamps$/,
  );
});
