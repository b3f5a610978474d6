import { expect, test } from 'vitest';
import { codeOf } from './languages';

test('languages are known by their codes, and by their names', () => {
  const codes = { de: 'de', 'pt-BR': 'pt-BR', zh_tw: 'zh_tw', xx: 'xx', pleasefillme: 'PleaseFillMe' };
  const names = { German: 'de', deutsch: 'de', ' Japanese ': 'ja', français: 'fr' };
  for (const [text, code] of Object.entries({ ...codes, ...names })) expect(codeOf(text)).toBe(code);
  for (const text of ['gibberish', 'en,de', 'qq', '']) expect(codeOf(text)).toBeUndefined();
});
