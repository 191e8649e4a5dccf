/** The transformer of Vaswani et al. 2017: its layers, its stacks, and the whole. */
import { ArgumentError } from '../core/index.js';
import * as F from '../tensor/F.js';
import type { Tensor } from '../tensor/index.js';
import { MultiheadAttention } from './attention.js';
import { ModuleList } from './containers.js';
import { Dropout } from './dropout.js';
import * as init from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './normalization.js';

/** Options of encoder and decoder layers. */
export interface TransformerLayerOptions {
  dimFeedforward?: number | undefined;
  dropout?: number | undefined;
  activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor) | undefined;
  layerNormEps?: number | undefined;
  batchFirst?: boolean | undefined;
  /** Whether normalisation comes before attention and feed-forward rather than after. */
  normFirst?: boolean | undefined;
}

const activations = { relu: F.relu, gelu: (x: Tensor) => F.gelu(x) } as const;

/** What encoder and decoder layers share: the feed-forward block, and where normalisation stands. */
abstract class TransformerLayer extends Module {
  readonly normFirst: boolean;
  protected readonly activation: (x: Tensor) => Tensor;

  constructor({ normFirst = false, activation = 'relu' }: TransformerLayerOptions) {
    super();
    this.normFirst = normFirst;
    this.activation = typeof activation === 'string' ? activations[activation] : activation;
  }

  /** `norm(x + block(x))`, or `x + block(norm(x))` with `normFirst`. */
  protected residual(x: Tensor, norm: LayerNorm, block: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? x.add(block(norm(x))) : norm(x.add(block(x)));
  }
}

/** Sizes and defaults of a layer. */
function parts(dModel: number, nhead: number, options: TransformerLayerOptions) {
  const { dimFeedforward = 2048, dropout = 0.1, layerNormEps = 1e-5, batchFirst = false } = options;
  return {
    attention: () => new MultiheadAttention(dModel, nhead, { dropout, batchFirst }),
    widen: () => new Linear(dModel, dimFeedforward),
    narrow: () => new Linear(dimFeedforward, dModel),
    norm: () => new LayerNorm(dModel, { eps: layerNormEps }),
    dropout: () => new Dropout(dropout),
  };
}

/** Masks of an encoder: PyTorch's `src_mask` and `src_key_padding_mask`. */
export interface EncoderMasks {
  srcMask?: Tensor | undefined;
  srcKeyPaddingMask?: Tensor | undefined;
}

/** Self-attention and a feed-forward block. */
export class TransformerEncoderLayer extends TransformerLayer {
  selfAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(options);
    const make = parts(dModel, nhead, options);
    this.selfAttn = make.attention();
    this.linear1 = make.widen();
    this.dropout = make.dropout();
    this.linear2 = make.narrow();
    this.norm1 = make.norm();
    this.norm2 = make.norm();
    this.dropout1 = make.dropout();
    this.dropout2 = make.dropout();
  }

  forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    const options = { attnMask: masks.srcMask, keyPaddingMask: masks.srcKeyPaddingMask, needWeights: false };
    const attended = this.residual(src, this.norm1, (x) => this.dropout1(this.selfAttn(x, x, x, options)[0]));
    return this.residual(attended, this.norm2, (x) =>
      this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x))))),
    );
  }
}

/** Masks of a decoder, as PyTorch calls them. */
export interface DecoderMasks {
  tgtMask?: Tensor | undefined;
  memoryMask?: Tensor | undefined;
  tgtKeyPaddingMask?: Tensor | undefined;
  memoryKeyPaddingMask?: Tensor | undefined;
}

/** Self-attention, attention to an encoder's output, and a feed-forward block. */
export class TransformerDecoderLayer extends TransformerLayer {
  selfAttn: MultiheadAttention;
  multiheadAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(options);
    const make = parts(dModel, nhead, options);
    this.selfAttn = make.attention();
    this.multiheadAttn = make.attention();
    this.linear1 = make.widen();
    this.dropout = make.dropout();
    this.linear2 = make.narrow();
    this.norm1 = make.norm();
    this.norm2 = make.norm();
    this.norm3 = make.norm();
    this.dropout1 = make.dropout();
    this.dropout2 = make.dropout();
    this.dropout3 = make.dropout();
  }

  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const own = { attnMask: masks.tgtMask, keyPaddingMask: masks.tgtKeyPaddingMask, needWeights: false };
    const other = {
      attnMask: masks.memoryMask,
      keyPaddingMask: masks.memoryKeyPaddingMask,
      needWeights: false,
    };
    const attended = this.residual(tgt, this.norm1, (x) => this.dropout1(this.selfAttn(x, x, x, own)[0]));
    const informed = this.residual(attended, this.norm2, (x) =>
      this.dropout2(this.multiheadAttn(x, memory, memory, other)[0]),
    );
    return this.residual(informed, this.norm3, (x) =>
      this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x))))),
    );
  }
}

function layers<M extends Module>(op: string, count: number, make: () => M): ModuleList<M> {
  if ((make as unknown) instanceof Module) {
    throw new ArgumentError(
      op,
      'takes a function that makes a layer',
      '() => new nn.TransformerEncoderLayer(...)',
    );
  }
  return new ModuleList(Array.from({ length: count }, make));
}

/**
 * Encoder layers one after the other.
 * @param layer Makes a layer; PyTorch copies one instead.
 */
export class TransformerEncoder extends Module {
  layers: ModuleList<TransformerEncoderLayer>;
  norm: LayerNorm | null;

  constructor(
    layer: () => TransformerEncoderLayer,
    numLayers: number,
    options: { norm?: LayerNorm | undefined } = {},
  ) {
    super();
    this.layers = layers('TransformerEncoder', numLayers, layer);
    this.norm = options.norm ?? null;
  }

  forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    const output = this.layers.toArray().reduce((x, layer) => layer(x, masks), src);
    return this.norm ? this.norm(output) : output;
  }
}

/**
 * Decoder layers one after the other.
 * @param layer Makes a layer; PyTorch copies one instead.
 */
export class TransformerDecoder extends Module {
  layers: ModuleList<TransformerDecoderLayer>;
  norm: LayerNorm | null;

  constructor(
    layer: () => TransformerDecoderLayer,
    numLayers: number,
    options: { norm?: LayerNorm | undefined } = {},
  ) {
    super();
    this.layers = layers('TransformerDecoder', numLayers, layer);
    this.norm = options.norm ?? null;
  }

  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const output = this.layers.toArray().reduce((x, layer) => layer(x, memory, masks), tgt);
    return this.norm ? this.norm(output) : output;
  }
}

/** Options of a whole transformer. */
export interface TransformerOptions extends TransformerLayerOptions {
  dModel?: number | undefined;
  nhead?: number | undefined;
  numEncoderLayers?: number | undefined;
  numDecoderLayers?: number | undefined;
}

/** An encoder of one sequence and a decoder of another. */
export class Transformer extends Module {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(options: TransformerOptions = {}) {
    super();
    const {
      dModel = 512,
      nhead = 8,
      numEncoderLayers = 6,
      numDecoderLayers = 6,
      layerNormEps: eps,
    } = options;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps });
    const encoding = () => new TransformerEncoderLayer(dModel, nhead, options);
    const decoding = () => new TransformerDecoderLayer(dModel, nhead, options);
    this.encoder = new TransformerEncoder(encoding, numEncoderLayers, { norm: norm() });
    this.decoder = new TransformerDecoder(decoding, numDecoderLayers, { norm: norm() });
    for (const parameter of this.parameters()) if (parameter.ndim > 1) init.xavierUniform_(parameter);
  }

  forward(src: Tensor, tgt: Tensor, masks: EncoderMasks & DecoderMasks = {}): Tensor {
    return this.decoder(tgt, this.encoder(src, masks), masks);
  }
}
