/** One setting: the input that fits its kind. */
import { useEffect, useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { body, client } from '../../api/client';
import { SelectField, Switch, TextField } from '../../components/fields';
import { HelpLink } from '../../components/help';
import { canReset, type FieldModel, MASK, type Property, unitOf, type Values } from '../../lib/config';
import { passwordAgain } from '../../lib/edits';
import { PASSWORD, SHORTEST } from '../../lib/login';
import { t } from '../../texts';
import { EXPLAINED } from './explained';
import { LibrariesField, SERVERS } from './Libraries';
import { ListField } from './ListField';
import { JsonField, UnknownField } from './UnknownField';

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

/** As some keys of the file spell it: names, not texts. */
const [TRUE, FALSE] = ['True', 'False'];

export function Field({ leads, enabled, changed, ...input }: FieldProps) {
  const look = [leads ? 'leads' : '', enabled ? '' : 'off', changed ? 'changed' : ''];
  const { field, value } = input;
  const explained = EXPLAINED[field.key];
  return (
    <div class={['setting', ...look].join(' ')} data-setting={field.key}>
      <Input {...input} />
      <span class="key">
        <code class="muted">{field.key}</code>
        {canReset(field, value) && (
          <button type="button" class="button small" onClick={() => input.onValue(field.property.default)}>
            <span aria-hidden="true">{t('settings.reset')}</span>
            <span class="visually-hidden">{t('settings.reset_named', { name: field.label })}</span>
          </button>
        )}
        {explained && <HelpLink to={explained} about={field.label} />}
      </span>
    </div>
  );
}

type InputProps = Omit<FieldProps, 'leads' | 'enabled' | 'changed'>;
type EachProps = Pick<FieldProps, 'field' | 'problem' | 'onValue'>;

function Input({ field, value, stored, values, problem, onValue }: InputProps) {
  const { label, help, property } = field;
  if (!field.known && !field.secret) {
    return <UnknownField field={field} value={value} stored={stored} problem={problem} onValue={onValue} />;
  }
  const kind = property['x-kind'];
  if (kind === 'boolean')
    return <Switch label={label} help={help} problem={problem} on={value === true} onValue={onValue} />;
  if (kind === 'switch') {
    const on = String(value).toLowerCase() === 'true';
    // The file keeps the spelling it has: some keys are "True", most are "true".
    const capital = /^[TF]/.test(String(value));
    const text = (next: boolean) => (capital ? (next ? TRUE : FALSE) : String(next));
    return <Switch label={label} help={help} problem={problem} on={on} onValue={(next) => onValue(text(next))} />;
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
  if (property.type === 'object') return <JsonField {...common} value={value} stored={{}} />;
  const text = String(value ?? '');
  if (property['x-choices']) {
    const options = [...new Set([text, ...property['x-choices']])];
    return <SelectField label={label} help={help} problem={problem} value={text} onValue={onValue} options={options} />;
  }
  if (kind === 'image' || kind === 'font') {
    return <FileField {...common} kind={kind} value={text} />;
  }
  if (field.secret) {
    const Secret = field.key === PASSWORD ? PasswordField : SecretField;
    return <Secret {...common} value={text} isSet={stored === MASK} untouched={value === stored} />;
  }
  if (kind === 'colour') return <ColourField {...common} value={text} />;
  const number =
    kind === 'number'
      ? {
          inputMode: 'numeric' as const,
          beside: <span class="muted small-text">{[unitOf(field), range(property)].filter(Boolean).join(' · ')}</span>,
        }
      : { placeholder: stored === '' ? t('settings.not_set') : undefined };
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

/** The password of the login: a new one is written twice. */
function PasswordField(props: SecretProps) {
  const { field, value, untouched } = props;
  const isNew = !untouched && value !== '';
  const again = passwordAgain.value;
  return (
    <>
      <SecretField {...props} field={isNew ? { ...field, help: t('setup.password_help', { n: SHORTEST }) } : field} />
      {isNew && (
        <TextField
          label={t('setup.again')}
          problem={again && !value.startsWith(again) ? t('setup.again_wrong') : undefined}
          type="password"
          autocomplete="new-password"
          spellcheck={false}
          value={again}
          onValue={(next) => {
            passwordAgain.value = next;
          }}
        />
      )}
    </>
  );
}

type SecretProps = EachProps & { value: string; isSet: boolean; untouched: boolean };

/** A secret is written and never read: what is stored does not come to the browser. */
function SecretField({ field, value, isSet, untouched, problem, onValue }: SecretProps) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      label={field.label}
      help={field.help}
      problem={problem}
      type={shown ? 'text' : 'password'}
      autocomplete="new-password"
      spellcheck={false}
      placeholder={!isSet ? t('settings.not_set') : untouched ? t('settings.is_set') : t('settings.will_be_removed')}
      value={untouched ? '' : value}
      onValue={onValue}
      beside={
        <>
          {value !== '' && !untouched && (
            <button type="button" class="button small" aria-pressed={shown} onClick={() => setShown(!shown)}>
              {t('settings.show')}
            </button>
          )}
          {isSet && (
            <button
              type="button"
              class="button small"
              aria-label={t(untouched ? 'settings.remove_secret' : 'settings.keep_secret', { name: field.label })}
              onClick={() => onValue(untouched ? '' : MASK)}
            >
              {untouched ? t('common.remove') : t('settings.keep')}
            </button>
          )}
        </>
      }
    />
  );
}

function range(property: Property): string {
  return t('settings.range', { from: property['x-minimum'] ?? '', to: property['x-maximum'] ?? '' });
}

/** A colour as `#rrggbb`, as the browser understands it; black for what it does not. */
function hexOf(colour: string): string {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return '#000000';
  context.fillStyle = colour;
  // What is not opaque comes out in another form.
  return context.fillStyle.startsWith('#') ? context.fillStyle : '#000000';
}

/** A colour by name or code, typed or picked. */
function ColourField({ field, value, problem, onValue }: EachProps & { value: string }) {
  return (
    <TextField
      label={field.label}
      help={field.help}
      problem={problem}
      value={value}
      onValue={onValue}
      spellcheck={false}
      beside={
        <input
          type="color"
          class="swatch"
          aria-label={t('settings.pick_colour', { name: field.label })}
          value={hexOf(value)}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      }
    />
  );
}

type OverlayFile = components['schemas']['OverlayFile'];

let known: Promise<OverlayFile[]> | undefined;

/** The files that overlays and fonts are chosen from, read once for all fields of the page. */
function overlayFiles(): Promise<OverlayFile[]> {
  known ??= client.GET('/api/overlayfiles').then((answer) => body(answer).files);
  known.catch(() => {
    known = undefined;
  });
  return known;
}

export function forgetOverlayFiles() {
  known = undefined;
}

function FileField({ field, kind, value, problem, onValue }: EachProps & { kind: 'image' | 'font'; value: string }) {
  const [files, setFiles] = useState<string[]>();
  useEffect(() => {
    overlayFiles().then(
      (all) => setFiles(all.filter((file) => file.type === kind).map((file) => file.name)),
      () => setFiles(undefined),
    );
  }, [kind]);
  const options = [...new Set([value, ...(files ?? [])])].map((name): [string, string] => [
    name,
    name === '' ? t('common.none') : files && !files.includes(name) ? t('settings.file_missing', { name }) : name,
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
