/** Labelled inputs. */
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface Labelled {
  label: string;
  help?: ComponentChildren;
  problem?: string | undefined;
}

/** A label, its input, what it is for, and what is wrong with it. */
function Frame({ label, help, problem, id, children }: Labelled & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {problem && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/** The ids of what is read with an input. */
export function described(id: string, help: unknown, problem: unknown): string | undefined {
  return [problem && `${id}-problem`, help && `${id}-help`].filter(Boolean).join(' ') || undefined;
}

type Native<E extends keyof JSX.IntrinsicElements> = Omit<
  JSX.IntrinsicElements[E],
  'label' | 'id' | 'onChange' | 'value'
>;

interface TextProps extends Labelled, Native<'input'> {
  value: string;
  onValue: (value: string) => void;
  /** What stands at the end of the input. */
  beside?: ComponentChildren;
}

export function TextField({ label, help, problem, value, onValue, beside, ...rest }: TextProps) {
  const id = useId();
  return (
    <Frame label={label} help={help} problem={problem} id={id}>
      <div class="with-beside">
        <input
          type="text"
          {...rest}
          id={id}
          value={value}
          aria-describedby={described(id, help, problem)}
          aria-invalid={problem ? true : undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        {beside}
      </div>
    </Frame>
  );
}

interface SelectProps extends Labelled {
  value: string;
  onValue: (value: string) => void;
  options: readonly (string | [value: string, label: string])[];
  disabled?: boolean;
}

export function SelectField({ label, help, problem, value, onValue, options, disabled = false }: SelectProps) {
  const id = useId();
  return (
    <Frame label={label} help={help} problem={problem} id={id}>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-describedby={described(id, help, problem)}
        aria-invalid={problem ? true : undefined}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map((option) => {
          const [key, text] = typeof option === 'string' ? [option, option] : option;
          return (
            <option value={key} key={key}>
              {text}
            </option>
          );
        })}
      </select>
    </Frame>
  );
}

interface SwitchProps extends Labelled {
  on: boolean;
  onValue: (on: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, help, problem, on, onValue, disabled = false }: SwitchProps) {
  const id = useId();
  return (
    <div class="field switch">
      <label>
        <input
          type="checkbox"
          role="switch"
          aria-checked={on}
          checked={on}
          disabled={disabled}
          aria-describedby={described(id, help, problem)}
          aria-invalid={problem ? true : undefined}
          onChange={(event) => onValue(event.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {problem && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}
