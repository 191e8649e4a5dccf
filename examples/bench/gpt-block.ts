/** A block of GPT-2: causal self-attention and a feed-forward network, each behind a layer norm and beside a residual. */
import { F, nn, type Tensor } from 'fusegrad';

class CausalSelfAttention extends nn.Module {
  readonly qkv: nn.Linear;
  readonly out: nn.Linear;

  constructor(
    readonly width: number,
    readonly heads: number,
  ) {
    super();
    this.qkv = new nn.Linear(width, 3 * width);
    this.out = new nn.Linear(width, width);
  }

  /** [batch, time, width] to the same. */
  forward(x: Tensor): Tensor {
    const [batch, time, width] = x.shape as [number, number, number];
    const split = (part: Tensor) => part.reshape(batch, time, this.heads, width / this.heads).transpose(1, 2);
    const [q, k, v] = this.qkv(x).chunk(3, -1).map(split) as [Tensor, Tensor, Tensor];
    const mixed = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.out(mixed.transpose(1, 2).reshape(batch, time, width));
  }
}

export class GPTBlock extends nn.Module {
  readonly norm1: nn.LayerNorm;
  readonly attention: CausalSelfAttention;
  readonly norm2: nn.LayerNorm;
  readonly up: nn.Linear;
  readonly down: nn.Linear;

  constructor(width: number, heads: number) {
    super();
    this.norm1 = new nn.LayerNorm(width);
    this.attention = new CausalSelfAttention(width, heads);
    this.norm2 = new nn.LayerNorm(width);
    this.up = new nn.Linear(width, 4 * width);
    this.down = new nn.Linear(4 * width, width);
  }

  /** [batch, time, width] to the same. */
  forward(x: Tensor): Tensor {
    const h = x.add(this.attention(this.norm1(x)));
    return h.add(this.down(F.gelu(this.up(this.norm2(h)), { approximate: 'tanh' })));
  }
}
