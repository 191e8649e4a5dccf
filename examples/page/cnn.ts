import { nn, type Tensor } from 'fusegrad';

/** Two convolutions, each followed by pooling that halves the image. */
export class CNN extends nn.Module {
  conv1 = new nn.Conv2d(1, 8, 3, { padding: 1 });
  conv2 = new nn.Conv2d(8, 16, 3, { padding: 1 });
  pool = new nn.MaxPool2d(2);
  out = new nn.Linear(16 * 7 * 7, 10);

  /** Class scores [batch, 10] of images [batch, 1, 28, 28]. */
  forward(images: Tensor): Tensor {
    const edges = this.pool(this.conv1(images).relu());
    const parts = this.pool(this.conv2(edges).relu());
    return this.out(parts.flatten(1));
  }
}
