/** A key that the daemon does not know, edited as what it is: a switch, a number, a text, a list, or JSON. */
import { useId, useState } from 'preact/hooks';
import { described, Switch, TextField } from '../../components/fields';
import { editorOf, type FieldModel, parsed } from '../../lib/config';
import { t } from '../../texts';
import { ListField } from './ListField';

interface UnknownFieldProps {
  field: FieldModel;
  value: unknown;
  stored: unknown;
  problem: string | undefined;
  onValue: (value: unknown) => void;
}

/** As some keys of the file spell it: names, not texts. */
const [TRUE, FALSE] = ['True', 'False'];

export function UnknownField({ field, value, stored, problem, onValue }: UnknownFieldProps) {
  const { label, help } = field;
  switch (editorOf(stored)) {
    case 'switch': {
      const on = String(value).toLowerCase() === 'true';
      const capital = /^[TF]/.test(String(stored));
      const text = (next: boolean) => (capital ? (next ? TRUE : FALSE) : String(next));
      const changed = (next: boolean) => onValue(typeof stored === 'boolean' ? next : text(next));
      return <Switch label={label} help={help} problem={problem} on={on} onValue={changed} />;
    }
    case 'list':
      if (Array.isArray(value)) {
        return <ListField field={field} problem={problem} onValue={onValue} value={value.map(String)} />;
      }
      return <JsonField field={field} value={value} stored={stored} problem={problem} onValue={onValue} />;
    case 'json':
      return <JsonField field={field} value={value} stored={stored} problem={problem} onValue={onValue} />;
    case 'number': {
      // What is no number goes as it is: the daemon refuses it at this key.
      const changed = (text: string) => onValue(text === String(Number(text)) ? Number(text) : text);
      return (
        <TextField
          label={label}
          help={help}
          problem={problem}
          value={String(value ?? '')}
          onValue={changed}
          inputMode="decimal"
          spellcheck={false}
        />
      );
    }
    default:
      return (
        <TextField
          label={label}
          help={help}
          problem={problem}
          value={String(value ?? '')}
          onValue={onValue}
          spellcheck={false}
        />
      );
  }
}

/** A list or an object as text, as `stored` is one. What is no JSON of the stored type is not taken as it: the daemon refuses it when saved. */
export function JsonField({ field, value, stored, problem, onValue }: UnknownFieldProps) {
  const id = useId();
  const asText = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  const [text, setText] = useState(asText);
  // Discarded, saved or read anew: the text follows, unless it says the same in another form.
  const same = typeof value === 'string' ? text === value : JSON.stringify(tried(text)) === JSON.stringify(value);
  const shown = same ? text : asText;
  const isWrong = stored !== null && parsed(shown, stored) === undefined;
  const wrong = isWrong ? t(Array.isArray(stored) ? 'settings.no_list' : 'settings.no_object') : undefined;
  const told = problem ?? wrong;
  function changed(next: string) {
    setText(next);
    onValue(parsed(next, stored) ?? next);
  }
  return (
    <div class="field">
      <label for={id}>{field.label}</label>
      <textarea
        id={id}
        class="json"
        rows={Math.min(12, shown.split('\n').length + 1)}
        spellcheck={false}
        value={shown}
        aria-invalid={told ? true : undefined}
        aria-describedby={described(id, true, told)}
        onInput={(event) => changed(event.currentTarget.value)}
      />
      <p class="help" id={`${id}-help`}>
        {t('settings.as_json')} {field.help}
      </p>
      {told && (
        <p class="problem" id={`${id}-problem`}>
          {told}
        </p>
      )}
    </div>
  );
}

function tried(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
