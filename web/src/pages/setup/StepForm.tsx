/** What all steps have: a heading that gets the focus, what works without the step, and the ways on and back. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { ApiError } from '../../api/client';
import { Problem } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { linkTo, neighbours, type Step } from '../../lib/steps';
import { t } from '../../texts';

/** Reads the facts anew. The next step is shown with them: what is told of the machine must not change under the hands of a user. */
export const ReloadFacts = createContext<() => Promise<void>>(async () => {});

interface StepFormProps {
  step: Step;
  /** Whether a run works without it: then skipping is the first thing that is offered. */
  optional?: boolean;
  error?: ApiError | undefined;
  /** What the button is called. */
  submit?: string;
  /** Does what the step is for. Where that is so the next step follows; else the first wrong field gets the focus. */
  onSubmit: () => Promise<boolean>;
  children: ComponentChildren;
  /** Beside the button. */
  beside?: ComponentChildren;
}

export function StepForm({ step, optional = false, error, submit, onSubmit, children, beside }: StepFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const [failures, setFailures] = useState(0);
  const [, navigate] = useLocation();
  const busy = useBusy();
  const reloadFacts = useContext(ReloadFacts);
  const { before, after } = neighbours(step);

  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (failures > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [failures]);

  async function go() {
    if (await onSubmit()) {
      if (!after) return;
      await reloadFacts();
      navigate(linkTo(after));
    } else setFailures((before) => before + 1);
  }

  const skip = after && (
    <Link class="button small" href={linkTo(after)}>
      {t('setup.skip')}
    </Link>
  );
  return (
    <form
      ref={form}
      class="card setup-step"
      noValidate
      aria-labelledby="setup-heading"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy.on) void busy.while(go());
      }}
    >
      <h2 id="setup-heading" ref={heading} tabIndex={-1}>
        {t(`setup.${step}`)}
      </h2>
      <p>{t(`setup.${step}_about`)}</p>
      {optional && <Without step={step}>{skip}</Without>}
      {children}
      {error && <Problem error={error} />}
      <div class="row">
        <button type="submit" class="button primary" aria-disabled={busy.on}>
          {busy.on ? t('setup.busy') : (submit ?? t('setup.continue'))}
        </button>
        {beside}
        {before && (
          <Link class="button" href={linkTo(before)}>
            {t('setup.back')}
          </Link>
        )}
      </div>
      {!optional && <Without step={step}>{skip}</Without>}
    </form>
  );
}

function Without({ step, children }: { step: Step; children: ComponentChildren }) {
  return (
    <p class="row setup-without muted">
      <span class="grow">{t(`setup.${step}_without`)}</span>
      {children}
    </p>
  );
}
