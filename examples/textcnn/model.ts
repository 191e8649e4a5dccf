import { cat, nn, type Tensor } from 'fusegrad';
import { config } from './config.js';

/** Kim (2014): convolutions of several widths over word vectors, the largest response of each channel over time. */
export class TextCNN extends nn.Module {
  embed: nn.Embedding;
  convs = new nn.ModuleList(
    config.widths.map((width) => new nn.Conv1d(config.embedding, config.channels, width)),
  );
  dropout = new nn.Dropout(config.dropout);
  fc: nn.Linear;

  constructor(vocabulary: number, classes: number) {
    super();
    this.embed = new nn.Embedding(vocabulary, config.embedding);
    nn.init.normal_(this.embed.weight, { std: config.embeddingStd });
    this.fc = new nn.Linear(config.channels * config.widths.length, classes);
  }

  /** Class scores [batch, classes] of word indices [batch, time]. */
  forward(tokens: Tensor): Tensor {
    const x = this.embed(tokens).transpose(1, 2); // [batch, channel, time]
    const pooled = this.convs.map((conv) => conv(x).relu().amax(-1));
    return this.fc(this.dropout(cat(pooled, 1)));
  }
}
