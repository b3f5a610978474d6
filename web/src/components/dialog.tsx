/** Dialogs on the browser's own <dialog>: focus stays inside, Escape closes, the page behind is inert. */
import { signal } from '@preact/signals';
import { X } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../texts';
import { dialogs, Toasts } from './toast';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons at the foot. */
  actions?: ComponentChildren;
  wide?: boolean;
}

export function Dialog({ title, onClose, children, actions, wide }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [place, setPlace] = useState(0);
  useEffect(() => {
    const dialog = element.current;
    dialogs.value += 1;
    setPlace(dialogs.value);
    const before = document.activeElement;
    dialog?.showModal();
    // Not the cross, which the browser would choose: the first of the answers, which is the harmless one.
    dialog?.querySelector<HTMLElement>('.dialog-foot button:enabled')?.focus();
    return () => {
      dialog?.close();
      dialogs.value -= 1;
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === element.current && onClose()}
      onKeyDown={(event) => event.key === 'Escape' && event.stopPropagation()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="icon-button" aria-label={t('common.close')} onClick={onClose}>
            <X size={20} />
          </button>
        </header>
        {children}
        {actions && <footer class="dialog-foot">{actions}</footer>}
      </div>
      {place > 0 && <Toasts dialog={place} />}
    </dialog>
  );
}

interface Answer {
  label: string;
  danger?: boolean | undefined;
}

interface Question {
  title: string;
  text: ComponentChildren;
  /** Besides the one that nothing is to be done. */
  answers: readonly Answer[];
}

const question = signal<(Question & { answer: (index: number | undefined) => void }) | undefined>();

/** Asks what is to be done; gives the place of the answer, and nothing where nothing is to be done. */
export function askWhich(wanted: Question): Promise<number | undefined> {
  return new Promise((answer) => {
    question.value = {
      ...wanted,
      answer: (index) => {
        question.value = undefined;
        answer(index);
      },
    };
  });
}

/** Asks before something that cannot be taken back, or is large. */
export async function ask({
  confirm,
  danger,
  ...wanted
}: Omit<Question, 'answers'> & { confirm: string; danger?: boolean }): Promise<boolean> {
  return (await askWhich({ ...wanted, answers: [{ label: confirm, danger }] })) === 0;
}

export function Questions() {
  const open = question.value;
  if (!open) return null;
  return (
    <Dialog
      title={open.title}
      onClose={() => open.answer(undefined)}
      actions={
        <>
          <button type="button" class="button" onClick={() => open.answer(undefined)}>
            {t('common.cancel')}
          </button>
          {open.answers.map(({ label, danger }, index) => (
            <button
              type="button"
              key={label}
              class={danger ? 'button danger' : 'button primary'}
              onClick={() => open.answer(index)}
            >
              {label}
            </button>
          ))}
        </>
      }
    >
      <div class="dialog-text">{open.text}</div>
    </Dialog>
  );
}
