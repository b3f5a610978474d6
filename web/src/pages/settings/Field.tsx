/** One setting: the input that fits its kind. */
import { ArrowDown, ArrowUp, X } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { request } from '../../api/client';
import { SelectField, Switch, TextField } from '../../components/fields';
import type { FieldModel, Property } from './model';

interface FieldProps {
  field: FieldModel;
  value: unknown;
  /** Whether the switch it depends on is on. */
  enabled: boolean;
  changed: boolean;
  problem: string | undefined;
  onValue: (value: unknown) => void;
}

export function Field({ field, value, enabled, changed, problem, onValue }: FieldProps) {
  return (
    <div class={['setting', enabled ? '' : 'off', changed ? 'changed' : ''].join(' ')}>
      <Input field={field} value={value} problem={problem} onValue={onValue} />
      <code class="muted key">{field.key}</code>
    </div>
  );
}

type InputProps = Omit<FieldProps, 'enabled' | 'changed'>;

function Input({ field, value, problem, onValue }: InputProps) {
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
  if (Array.isArray(value))
    return <ListField field={field} value={value.map(String)} problem={problem} onValue={onValue} />;
  const text = String(value ?? '');
  if (property['x-choices']) {
    const options = [...new Set([text, ...property['x-choices']])];
    return <SelectField label={label} help={help} problem={problem} value={text} onValue={onValue} options={options} />;
  }
  if (kind === 'image' || kind === 'font') {
    return <FileField field={field} kind={kind} value={text} problem={problem} onValue={onValue} />;
  }
  const secret = field.secret ? { type: 'password', autocomplete: 'new-password' } : {};
  if (kind === 'colour') return <ColourField field={field} value={text} problem={problem} onValue={onValue} />;
  const number = kind === 'number' ? { inputMode: 'numeric' as const, placeholder: range(property) } : {};
  return (
    <TextField
      label={label}
      help={help}
      problem={problem}
      value={text}
      onValue={onValue}
      spellcheck={false}
      {...secret}
      {...number}
    />
  );
}

function range(property: Property): string {
  return `${property['x-minimum'] ?? ''} to ${property['x-maximum'] ?? ''}`;
}

/** A colour by name or code, shown as the browser understands it. */
function ColourField({ field, value, problem, onValue }: InputProps & { value: string }) {
  return (
    <div class="row nowrap colour">
      <div class="grow">
        <TextField
          label={field.label}
          help={field.help}
          problem={problem}
          value={value}
          onValue={onValue}
          spellcheck={false}
        />
      </div>
      <span class="swatch" style={{ backgroundColor: value }} aria-hidden="true" />
    </div>
  );
}

/** A list whose order counts: entries move up and down, leave, and are added. */
function ListField({ field, value, problem, onValue }: InputProps & { value: string[] }) {
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

function FileField({ field, kind, value, problem, onValue }: InputProps & { kind: 'image' | 'font'; value: string }) {
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
