/** Inputs of the assistant that no other page has. */
import { ExternalLink } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { TextField } from '../../components/fields';
import { t } from '../../texts';

interface RadiosProps<T extends string> {
  label: string;
  help?: ComponentChildren;
  value: T;
  onValue: (value: T) => void;
  options: readonly { value: T; name: string; help?: string; picture?: ComponentChildren }[];
}

/** One of a few. Enter goes on to the next step, as in every input of a form. */
export function Radios<T extends string>({ label, help, value, onValue, options }: RadiosProps<T>) {
  const name = useId();
  return (
    <fieldset class="field plain">
      <legend>{label}</legend>
      <div class={options.some(({ picture }) => picture) ? 'radios pictured' : 'radios'}>
        {options.map((option) => (
          <label key={option.value} class="radio">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onValue(option.value)}
            />
            <span>
              {option.name}
              {option.help && <small class="muted">{option.help}</small>}
            </span>
            {option.picture}
          </label>
        ))}
      </div>
      {help && <p class="help">{help}</p>}
    </fieldset>
  );
}

/** Any of a list. */
export function Ticks({
  label,
  help,
  options,
  values,
  onValues,
}: {
  label: string;
  help?: string;
  options: readonly { value: string; name: string; aside?: string }[];
  values: readonly string[];
  onValues: (values: string[]) => void;
}) {
  const set = (value: string, on: boolean) => onValues(on ? [...values, value] : values.filter((one) => one !== value));
  return (
    <fieldset class="field plain">
      <legend>{label}</legend>
      <ul class="ticks">
        {options.map(({ value, name, aside }) => (
          <li key={value}>
            <label>
              <input
                type="checkbox"
                checked={values.includes(value)}
                onChange={(event) => set(value, event.currentTarget.checked)}
              />
              <span class="grow">{name}</span>
              {aside && <span class="muted small-text">{aside}</span>}
            </label>
          </li>
        ))}
      </ul>
      {help && <p class="help">{help}</p>}
    </fieldset>
  );
}

/** A key or token: written and never read. `isSet`: one is stored, which stays where nothing is typed. */
export function KeyField({
  isSet,
  ...field
}: {
  label: string;
  help?: ComponentChildren;
  problem?: string | undefined;
  value: string;
  onValue: (value: string) => void;
  isSet: boolean;
}) {
  return (
    <TextField
      {...field}
      type="password"
      autocomplete="new-password"
      spellcheck={false}
      placeholder={isSet ? t('settings.is_set') : ''}
    />
  );
}

/** The way to a page of somebody else. */
export function Outside({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {children} <ExternalLink size={13} aria-hidden="true" />
    </a>
  );
}
