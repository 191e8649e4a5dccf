/** The two programs: a step of gradient descent with momentum, and one of Newton's method. */
import {
  Parameter,
  assignAll,
  compile,
  eye,
  grad,
  linspace,
  manualSeed,
  noGrad,
  randn,
  stack,
  tensor,
  zeros,
} from 'fusegrad';

manualSeed(0);

const x = linspace(-1, 1, 64).reshape(64, 1);
export const y = x.mul(3).sin();
const w1 = new Parameter(randn(1, 16));
const b1 = new Parameter(zeros(16));
const w2 = new Parameter(randn(16, 1).mul(0.3));
const parameters = [w1, b1, w2];
const velocities = parameters.map((p) => new Parameter(zeros([...p.shape]), { requiresGrad: false }));

export const network = () => x.matmul(w1).add(b1).tanh().matmul(w2);
export const fit = compile(() => {
  const loss = network().sub(y).square().mean();
  const gradients = grad(loss, parameters);
  noGrad(() => {
    const next = velocities.map((v, i) => v.mul(0.9).sub(gradients[i]!.mul(0.05)));
    assignAll(velocities.map((v, i) => [v, next[i]!]));
    assignAll(parameters.map((p, i) => [p, p.add(next[i]!)]));
  });
  return loss;
});

// Rosenbrock's valley: f(a, b) = (1 - a)^2 + 100 (b - a^2)^2, whose lowest point is (1, 1).
export const point = new Parameter(tensor([-1.2, 1], { dtype: 'float64' }));
export const newton = compile(() => {
  const [a, b] = point.unbind(0) as [typeof x, typeof x];
  const value = a.neg().add(1).square().add(b.sub(a.square()).square().mul(100));
  const [gradient] = grad(value, [point]);
  const rows = gradient!.unbind(0).map((component) => grad(component, [point])[0]!);
  const hessian = stack(rows);
  // The inverse of a 2 x 2 matrix by Cayley and Hamilton: (tr(H) I - H) / det(H).
  const determinant = hessian
    .at(0, 0)
    .mul(hessian.at(1, 1))
    .sub(hessian.at(0, 1).mul(hessian.at(1, 0)));
  const inverse = eye(2).mul(hessian.trace()).sub(hessian).div(determinant);
  noGrad(() => point.assign(point.sub(inverse.matmul(gradient!))));
  return value;
});
