import { afterEach, expect, test } from 'vitest';
import { choose } from '../texts';
import { failure } from './client';

const refusal = (code: string) =>
  failure(new Response(JSON.stringify({ code, message: 'the disk is full: /data' }), { status: 503 }));

afterEach(() => choose('en'));

test('a refusal is told in the daemon’s words, in another language by its code', async () => {
  expect((await refusal('storage_unavailable')).message).toBe('the disk is full: /data');
  await choose('de');
  expect((await refusal('storage_unavailable')).message).toBe('Der Datenträger ist voll oder nicht beschreibbar.');
});

test('a code that has no text leaves the daemon’s words', async () => {
  await choose('de');
  expect((await refusal('a_new_one')).message).toBe('the disk is full: /data');
  expect((await failure(new Response('', { status: 502 }))).message).toBe('Der Dienst hat mit Status 502 geantwortet.');
});
