import { nn, type Tensor } from 'fusegrad';

/** A perceptron with one hidden layer. */
export class MLP extends nn.Module {
  hidden = new nn.Linear(28 * 28, 128);
  out = new nn.Linear(128, 10);

  /** Class scores [batch, 10] of images [batch, 1, 28, 28]. */
  forward(images: Tensor): Tensor {
    return this.out(this.hidden(images.flatten(1)).relu());
  }
}
