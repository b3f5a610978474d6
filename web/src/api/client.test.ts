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

test('what a refusal says by codes of its own is told in full, and so is what is wrong with each field', async () => {
  const refused = (body: object) => failure(new Response(JSON.stringify(body), { status: 400 }));
  const zone = {
    code: 'invalid_value',
    detail: "unknown time zone 'Moon'",
    because: [{ code: 'unknown_zone', params: { zone: 'Moon' } }],
  };
  const loc = ['body', 'config', 'PosterMaxWidth'];
  const because = [{ code: 'must_be_number', params: { from: '1', to: '9' } }];
  const fields = {
    code: 'invalid_value',
    detail: [
      { loc, msg: 'must be a whole number from 1 to 9', because },
      { loc, msg: 'is new', because: [{ code: 'a_new_one' }] },
    ],
  };
  expect((await refused(zone)).message).toBe("unknown time zone 'Moon'");
  expect((await refused(fields)).problems[0]?.reason).toBe('must be a whole number from 1 to 9');
  await choose('de');
  expect((await refused(zone)).message).toMatch(/^Die Zeitzone „Moon“ ist unbekannt/);
  const { message, problems } = await refused(fields);
  expect(problems.map(({ reason }) => reason)).toEqual(['muss eine ganze Zahl von 1 bis 9 sein', 'is new']);
  expect(message).toBe('muss eine ganze Zahl von 1 bis 9 sein; is new');
});
