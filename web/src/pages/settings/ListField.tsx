/** A setting that is a list of texts. */
import { ArrowDown, ArrowUp, X } from 'lucide-preact';
import { useId, useState } from 'preact/hooks';
import { described } from '../../components/fields';
import type { FieldModel } from '../../lib/config';
import { t } from '../../texts';
import { codeOf } from './languages';

interface ListFieldProps {
  field: FieldModel;
  value: string[];
  problem: string | undefined;
  onValue: (value: unknown) => void;
}

/** As the file says that an order of languages is the one of posters: a name, not a text. */
const AS_POSTERS = 'PleaseFillMe';

/** A list whose order counts: entries move up and down, leave, and are added. */
export function ListField({ field, value, problem, onValue }: ListFieldProps) {
  const id = useId();
  const [next, setNext] = useState('');
  const isLanguages = field.property['x-kind'] === 'languages';
  const entry = isLanguages ? codeOf(next) : next.trim();
  const isTwice = entry !== undefined && value.includes(entry);
  // What somebody wanted to add and is no language; another letter is another try.
  const [refused, setRefused] = useState<string>();
  const wrong = isTwice
    ? t('settings.twice', { entry })
    : refused !== undefined && refused === next && t('settings.no_language', { entry: next.trim() });
  const told = wrong || problem;
  // Which entry is being dragged.
  const [dragged, setDragged] = useState<number>();
  const move = (from: number, to: number) => {
    const list = [...value];
    const [entry] = list.splice(from, 1);
    if (entry !== undefined) list.splice(to, 0, entry);
    onValue(list);
  };
  const add = () => {
    if (!next.trim() || isTwice) return;
    if (entry === undefined) {
      setRefused(next);
      return;
    }
    onValue([...value, entry]);
    setNext('');
  };
  return (
    <fieldset class="field plain">
      <legend>{field.label}</legend>
      <ol class="entries">
        {value.map((entry, index) => (
          <li
            key={entry}
            draggable
            class={dragged === index ? 'dragged' : undefined}
            onDragStart={() => setDragged(index)}
            onDragEnd={() => setDragged(undefined)}
            onDragOver={(event) => dragged !== undefined && event.preventDefault()}
            onDrop={(event) => {
              if (dragged === undefined) return;
              event.preventDefault();
              move(dragged, index);
            }}
          >
            <span class="grow">{entry === AS_POSTERS ? t('settings.as_posters') : entry}</span>
            <button
              type="button"
              class="icon-button"
              aria-label={t('settings.move_up', { entry })}
              disabled={index === 0}
              onClick={() => move(index, index - 1)}
            >
              <ArrowUp size={14} />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={t('settings.move_down', { entry })}
              disabled={index === value.length - 1}
              onClick={() => move(index, index + 1)}
            >
              <ArrowDown size={14} />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={t('settings.remove_entry', { entry })}
              onClick={() => onValue(value.filter((_, at) => at !== index))}
            >
              <X size={14} />
            </button>
          </li>
        ))}
      </ol>
      <div class="row nowrap">
        <input
          aria-label={t('settings.add_to', { name: field.label })}
          aria-invalid={told ? true : undefined}
          aria-describedby={described(id, field.help, told)}
          value={next}
          onInput={(event) => setNext(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" class="button small" disabled={!next.trim() || isTwice} onClick={add}>
          {t('common.add')}
        </button>
      </div>
      {field.help && (
        <p class="help" id={`${id}-help`}>
          {field.help}
        </p>
      )}
      {told && (
        <p class="problem" id={`${id}-problem`}>
          {told}
        </p>
      )}
    </fieldset>
  );
}
