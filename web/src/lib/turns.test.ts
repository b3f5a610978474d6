import { describe, expect, test } from 'vitest';
import { type Target, Turns } from './turns';

/** An image that loads when it is told to. */
class FakeImage extends EventTarget {
  src = '';
  removeAttribute() {
    this.src = '';
  }
}

const images = (count: number) => Array.from({ length: count }, () => new FakeImage());
const asked = (all: FakeImage[]) => all.map((image) => image.src);
const target = (image: FakeImage) => image as unknown as Target;

describe('turns', () => {
  test('only some are loaded at once, the others in order after them', () => {
    const turns = new Turns(2);
    const all = images(4);
    all.forEach((image, index) => {
      turns.load(target(image), `${index}`);
    });
    expect(asked(all)).toEqual(['0', '1', '', '']);
    all[1]?.dispatchEvent(new Event('load'));
    expect(asked(all)).toEqual(['0', '1', '2', '']);
    all[0]?.dispatchEvent(new Event('error'));
    expect(asked(all)).toEqual(['0', '1', '2', '3']);
  });

  test('what is not wanted any more gives its place to the next', () => {
    const turns = new Turns(1);
    const all = images(4);
    const cancels = all.map((image, index) => turns.load(target(image), `${index}`));
    cancels[1]?.();
    expect(asked(all)).toEqual(['0', '', '', '']);
    cancels[0]?.();
    expect(asked(all)).toEqual(['', '', '2', '']);
    all[2]?.dispatchEvent(new Event('load'));
    cancels[2]?.();
    expect(asked(all)).toEqual(['', '', '2', '3']);
  });
});
