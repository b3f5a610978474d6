/** Choosing one or several of a few, where to go, and what to look for. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { number } from '../lib/format';

export interface Option<T extends string = string> {
  value: T;
  name: string;
  /** How many there are, or another word beside the name. */
  aside?: string | number | undefined;
  title?: string;
}

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly Option<T>[];
}

interface OneProps<T extends string> extends ChoiceProps<T> {
  value: T;
  onValue: (value: T) => void;
}

/** One of a few, all of them seen. */
export function Chips<T extends string>({ label, options, value, onValue }: OneProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset does not scroll sideways in all browsers
    <div class="chips strip" role="group" aria-label={label} ref={useCurrentInView(value)}>
      {options.map((option) => (
        <Chip key={option.value} of={option} on={option.value === value} onClick={() => onValue(option.value)} />
      ))}
    </div>
  );
}

/** Any of a few. */
export function Toggles<T extends string>({
  label,
  options,
  values,
  onValues,
}: ChoiceProps<T> & { values: readonly T[]; onValues: (values: T[]) => void }) {
  const toggle = (value: T) =>
    onValues(values.includes(value) ? values.filter((one) => one !== value) : [...values, value]);
  return (
    <fieldset class="chips plain">
      <legend class="visually-hidden">{label}</legend>
      {options.map((option) => (
        <Chip key={option.value} of={option} on={values.includes(option.value)} onClick={() => toggle(option.value)} />
      ))}
    </fieldset>
  );
}

function Chip({ of, on, onClick }: { of: Option; on: boolean; onClick: () => void }) {
  return (
    <button type="button" class="chip" title={of.title} aria-pressed={on} onClick={onClick}>
      <Named of={of} />
    </button>
  );
}

function Named({ of: { name, aside } }: { of: Option }) {
  return (
    <>
      {name} {aside !== undefined && <small>{typeof aside === 'number' ? number(aside) : aside}</small>}
    </>
  );
}

/** Parts of a page with addresses of their own; a value is the last part of its address. */
export function Tabs({ label, below, options, value }: ChoiceProps<string> & { below: string; value: string }) {
  return (
    <nav class="chips strip" aria-label={label} ref={useCurrentInView(value)}>
      {options.map((option) => (
        <Link
          class="chip"
          key={option.value}
          href={`${below}/${encodeURIComponent(option.value)}`}
          aria-current={option.value === value ? 'page' : undefined}
        >
          <Named of={option} />
        </Link>
      ))}
    </nav>
  );
}

/** On a phone the chips are one line that scrolls: it begins where the chosen one is seen. */
function useCurrentInView(value: string) {
  const strip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const chosen = strip.current?.querySelector<HTMLElement>('[aria-pressed="true"], [aria-current]');
    if (strip.current && chosen) {
      strip.current.scrollLeft = chosen.offsetLeft - (strip.current.clientWidth - chosen.clientWidth) / 2;
    }
  }, [value]);
  return strip;
}

/** One of many. */
export function Pick<T extends string>({ label, options, value, onValue }: OneProps<T>) {
  return (
    <select class="fit" aria-label={label} value={value} onChange={(event) => onValue(event.currentTarget.value as T)}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.name}
        </option>
      ))}
    </select>
  );
}

/** What is looked for. */
interface SearchProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  /** What Enter does. */
  onEnter?: () => void;
}

export function Search({ label, value, onValue, onEnter }: SearchProps) {
  return (
    <input
      type="search"
      class="search"
      aria-label={label}
      placeholder={label}
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && onEnter?.()}
    />
  );
}
