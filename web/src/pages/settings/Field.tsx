/** One setting: the input that fits its kind. */
import { ArrowDown, ArrowUp, X } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { request } from '../../api/client';
import { SelectField, Switch, TextField } from '../../components/fields';
import { LibrariesField, SERVERS } from './Libraries';
import { type FieldModel, MASK, type Property, type Values } from './model';

interface FieldProps {
  field: FieldModel;
  value: unknown;
  stored: unknown;
  /** All settings as they are on the page. */
  values: Values;
  /** Whether the next ones depend on it. */
  leads: boolean;
  /** Whether the switch it depends on is on. */
  enabled: boolean;
  changed: boolean;
  problem: string | undefined;
  onValue: (value: unknown) => void;
}

export function Field({ leads, enabled, changed, ...input }: FieldProps) {
  const look = [leads ? 'leads' : '', enabled ? '' : 'off', changed ? 'changed' : ''];
  return (
    <div class={['setting', ...look].join(' ')}>
      <Input {...input} />
      <code class="muted key">{input.field.key}</code>
    </div>
  );
}

type InputProps = Omit<FieldProps, 'leads' | 'enabled' | 'changed'>;
type EachProps = Pick<FieldProps, 'field' | 'problem' | 'onValue'>;

function Input({ field, value, stored, values, problem, onValue }: InputProps) {
  const { label, help, property } = field;
  const kind = property['x-kind'];
  if (kind === 'boolean') return <Switch label={label} help={help} on={value === true} onValue={onValue} />;
  if (kind === 'switch') {
    const on = String(value).toLowerCase() === 'true';
    // The file keeps the spelling it has: some keys are "True", most are "true".
    const capital = /^[TF]/.test(String(value));
    const text = (next: boolean) => (capital ? (next ? 'True' : 'False') : String(next));
    return <Switch label={label} help={help} on={on} onValue={(next) => onValue(text(next))} />;
  }
  const common = { field, problem, onValue };
  if (Array.isArray(value)) {
    const server = SERVERS[field.key];
    const list = value.map(String);
    return server ? (
      <LibrariesField
        {...common}
        server={server}
        excluded={list}
        stored={Array.isArray(stored) ? stored.map(String) : []}
        values={values}
      />
    ) : (
      <ListField {...common} value={list} />
    );
  }
  const text = String(value ?? '');
  if (property['x-choices']) {
    const options = [...new Set([text, ...property['x-choices']])];
    return <SelectField label={label} help={help} problem={problem} value={text} onValue={onValue} options={options} />;
  }
  if (kind === 'image' || kind === 'font') {
    return <FileField {...common} kind={kind} value={text} />;
  }
  if (field.secret)
    return <SecretField {...common} value={text} isSet={stored === MASK} untouched={value === stored} />;
  if (kind === 'colour') return <ColourField {...common} value={text} />;
  const number = kind === 'number' ? { inputMode: 'numeric' as const, placeholder: range(property) } : {};
  return (
    <TextField
      label={label}
      help={help}
      problem={problem}
      value={text}
      onValue={onValue}
      spellcheck={false}
      {...number}
    />
  );
}

/** A secret is written and never read: what is stored does not come to the browser. */
function SecretField({
  field,
  value,
  isSet,
  untouched,
  problem,
  onValue,
}: EachProps & { value: string; isSet: boolean; untouched: boolean }) {
  return (
    <TextField
      label={field.label}
      help={field.help}
      problem={problem}
      type="password"
      autocomplete="new-password"
      spellcheck={false}
      placeholder={!isSet ? 'Not set' : untouched ? 'Set; type to replace it' : 'Will be removed'}
      value={untouched ? '' : value}
      onValue={onValue}
      beside={
        isSet && (
          <button
            type="button"
            class="button small"
            aria-label={untouched ? `Remove ${field.label}` : `Keep ${field.label} as it is`}
            onClick={() => onValue(untouched ? '' : MASK)}
          >
            {untouched ? 'Remove' : 'Keep'}
          </button>
        )
      }
    />
  );
}

function range(property: Property): string {
  return `${property['x-minimum'] ?? ''} to ${property['x-maximum'] ?? ''}`;
}

/** A colour by name or code, shown as the browser understands it. */
function ColourField({ field, value, problem, onValue }: EachProps & { value: string }) {
  return (
    <TextField
      label={field.label}
      help={field.help}
      problem={problem}
      value={value}
      onValue={onValue}
      spellcheck={false}
      beside={<span class="swatch" style={{ backgroundColor: value }} aria-hidden="true" />}
    />
  );
}

/** A list whose order counts: entries move up and down, leave, and are added. */
function ListField({ field, value, problem, onValue }: EachProps & { value: string[] }) {
  const [next, setNext] = useState('');
  const move = (index: number, step: 1 | -1) => {
    const list = [...value];
    const [entry] = list.splice(index, 1);
    if (entry !== undefined) list.splice(index + step, 0, entry);
    onValue(list);
  };
  const add = () => {
    if (next.trim()) onValue([...value, next.trim()]);
    setNext('');
  };
  return (
    <fieldset class="field plain">
      <legend>{field.label}</legend>
      <ol class="entries">
        {value.map((entry, index) => (
          <li key={entry}>
            <span class="grow">{entry}</span>
            <button
              type="button"
              class="icon-button"
              aria-label={`Move ${entry} up`}
              disabled={index === 0}
              onClick={() => move(index, -1)}
            >
              <ArrowUp size={14} />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={`Move ${entry} down`}
              disabled={index === value.length - 1}
              onClick={() => move(index, 1)}
            >
              <ArrowDown size={14} />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={`Remove ${entry}`}
              onClick={() => onValue(value.filter((_, at) => at !== index))}
            >
              <X size={14} />
            </button>
          </li>
        ))}
      </ol>
      <div class="row nowrap">
        <input
          aria-label={`Add to ${field.label}`}
          value={next}
          onInput={(event) => setNext(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" class="button small" disabled={!next.trim()} onClick={add}>
          Add
        </button>
      </div>
      {field.help && <p class="help">{field.help}</p>}
      {problem && <p class="problem">{problem}</p>}
    </fieldset>
  );
}

interface OverlayFile {
  name: string;
  type: 'image' | 'font';
}

let known: Promise<OverlayFile[]> | undefined;

/** The files that overlays and fonts are chosen from, read once for all fields of the page. */
function overlayFiles(): Promise<OverlayFile[]> {
  known ??= request<{ files: OverlayFile[] }>('GET', '/api/overlayfiles').then((answer) => answer.files);
  known.catch(() => {
    known = undefined;
  });
  return known;
}

export function forgetOverlayFiles() {
  known = undefined;
}

function FileField({ field, kind, value, problem, onValue }: EachProps & { kind: 'image' | 'font'; value: string }) {
  const [files, setFiles] = useState<string[]>([]);
  useEffect(() => {
    overlayFiles().then(
      (all) => setFiles(all.filter((file) => file.type === kind).map((file) => file.name)),
      () => setFiles([]),
    );
  }, [kind]);
  const options = [...new Set([value, ...files])].map((name): [string, string] => [
    name,
    name === '' ? 'none' : files.length && !files.includes(name) ? `${name} (not there)` : name,
  ]);
  return (
    <SelectField
      label={field.label}
      help={field.help}
      problem={problem}
      value={value}
      onValue={onValue}
      options={options}
    />
  );
}
