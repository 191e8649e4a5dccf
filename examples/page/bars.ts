/** The probability of each digit as a bar. */

const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 0 });

export class Bars {
  readonly #rows: readonly { row: HTMLElement; meter: HTMLElement; text: HTMLElement }[];

  constructor(list: HTMLElement) {
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const row = document.createElement('li');
      const meter = document.createElement('div');
      const text = document.createElement('span');
      meter.role = 'meter';
      meter.ariaLabel = String(digit);
      [meter.ariaValueMin, meter.ariaValueMax] = ['0', '1'];
      row.append(String(digit), meter, text);
      list.append(row);
      return { row, meter, text };
    });
  }

  /** Shows probabilities, or that there are none. */
  show(probabilities: readonly number[] | undefined): void {
    const best = probabilities && probabilities.indexOf(Math.max(...probabilities));
    for (const [digit, { row, meter, text }] of this.#rows.entries()) {
      const value = probabilities?.[digit] ?? 0;
      row.classList.toggle('best', digit === best);
      meter.style.setProperty('--value', String(value));
      meter.ariaValueNow = String(value);
      text.textContent = probabilities ? percent.format(value) : '';
    }
  }
}
