/**
 * Define and run without any nn: plain tensors, parameters, and derivatives as functions. First a small network fits a
 * curve by gradient descent with momentum; then Newton's method, whose Hessian is a gradient of a gradient.
 */
import { fit, network, newton, point, y } from './programs.js';

console.log('a network with 16 hidden units fits sin(3x):');
for (let i = 0; i <= 600; i++) {
  const loss = fit();
  if (i % 150 === 0)
    console.log(`  step ${String(i).padStart(3)}  mean squared error ${(await loss.item()).toFixed(4)}`);
}
const worst = network().sub(y).abs().max();
console.log(`  largest error on [-1, 1]: ${(await worst.item()).toFixed(3)}`);

console.log("Newton's method in Rosenbrock's valley:");
for (let i = 0; i < 7; i++) {
  const [a, b] = (await point.tolist()) as [number, number];
  const value = newton();
  console.log(`  (${a.toFixed(4)}, ${b.toFixed(4)})  f = ${(await value.item()).toExponential(2)}`);
}
