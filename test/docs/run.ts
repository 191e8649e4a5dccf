/** Imports modules one after the other, and prints where each begins and what it throws: `run.ts FILE...`. */
import { pathToFileURL } from 'node:url';

for (const file of process.argv.slice(2)) {
  console.log(`=== ${file}`);
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    console.log(error instanceof Error ? `${error.name}: ${error.message}` : error);
  }
}
