/** Seeing what the compiler did: texts, drawings, explanations, profiles. */
export { exportChromeTrace } from './chrome-trace.js';
export type { Profiled } from './chrome-trace.js';
export { BackendComparison, compareBackends } from './compare-backends.js';
export type { BackendDifference, Comparable, ComparedValue, CompareOptions } from './compare-backends.js';
export { memoryChart } from './draw-memory.js';
export { Explanation } from './explain.js';
export type { ExplainedBoundary, ExplainedKernel, ExplanationData, Totals } from './explain.js';
export { formatBytes } from './format.js';
export { formatProfile } from './profile.js';
export { Traced, stages, trace, watch } from './traced.js';
export type { Detail, DrawOptions, DrawnStage, Stage, Traceable, TracedKernel } from './traced.js';
