/** How pictures come out with the settings as they are on the page, saved or not. */
import { useState } from 'preact/hooks';
import { SelectField, Switch, TextField } from '../../components/fields';
import { Preview, type SampleKind, sample } from '../../components/preview';
import { nested, type Schema, type Values } from './model';

const KINDS: readonly [SampleKind, string][] = [
  ['poster', 'Poster'],
  ['season', 'Season poster'],
  ['background', 'Background'],
  ['titlecard', 'Title card'],
  ['collection', 'Collection'],
];

export function Look({ schema, edits }: { schema: Schema; edits: Values }) {
  const [kind, setKind] = useState<SampleKind>('poster');
  const [title, setTitle] = useState('The Hobbit is a great movie');
  const [boxes, setBoxes] = useState(false);
  return (
    <section class="card look" aria-label="Sample">
      <h2>How it comes out</h2>
      <SelectField label="Sample" value={kind} onValue={(next) => setKind(next as SampleKind)} options={KINDS} />
      <TextField label="Title" value={title} onValue={setTitle} />
      <Switch label="Show the boxes for texts" on={boxes} onValue={setBoxes} />
      <Preview of={sample({ kind, title, boxes, settings: nested(schema, edits) })} alt={`Sample: ${kind}`} />
    </section>
  );
}
