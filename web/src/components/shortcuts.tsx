/** The keys that lead somewhere, and the sheet that tells them. */
import { signal } from '@preact/signals';
import { Keyboard } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { exactTimes } from '../lib/clock';
import { listen, PAGE_KEYS, shortcutsOn } from '../lib/shortcuts';
import { routes } from '../routes';
import { t } from '../texts';
import { Dialog } from './dialog';
import { Switch } from './fields';

const open = signal(false);

function show(wanted: boolean) {
  open.value = wanted;
}

/** On each page. */
export function Shortcuts() {
  const [, navigate] = useLocation();
  useEffect(() => {
    const times = () => {
      exactTimes.value = !exactTimes.value;
    };
    const pressed = ({ target }: MouseEvent) => {
      if (target instanceof Element && target.closest('time') && !target.closest('a, button')) times();
    };
    const end = listen({ go: navigate, help: () => show(true), times });
    addEventListener('click', pressed);
    return () => {
      end();
      removeEventListener('click', pressed);
    };
  }, [navigate]);
  return open.value ? <Sheet onClose={() => show(false)} /> : null;
}

export function ShortcutsButton() {
  return (
    <button
      type="button"
      class="plain-button row muted not-on-phones"
      aria-haspopup="dialog"
      onClick={() => show(true)}
    >
      <Keyboard size={14} aria-hidden="true" /> {t('keyboard.title')}
    </button>
  );
}

/** Keys have names, not texts. */
const EVERYWHERE = [
  ['/', 'keyboard.search'],
  ['?', 'keyboard.help'],
  ['x', 'keyboard.times'],
] as const;

/** Keys of pictures: names, not texts. */
const IN_LIBRARY = [
  ['← →', 'keyboard.step'],
  ['Esc', 'keyboard.close'],
  ['Del', 'keyboard.delete'],
  ['Ctrl A', 'keyboard.all'],
] as const;

function Sheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('keyboard.title')} onClose={onClose}>
      <div class="shortcuts">
        <Keys of={EVERYWHERE.map(([keys, name]) => [keys, t(name)])} name={t('keyboard.everywhere')} />
        <Keys of={IN_LIBRARY.map(([keys, name]) => [keys, t(name)])} name={t('keyboard.pictures')} />
        <Keys
          of={Object.entries(PAGE_KEYS).map(([key, link]) => [`g ${key}`, pageName(link)])}
          name={t('frame.pages')}
        />
      </div>
      <Switch
        label={t('keyboard.on')}
        help={t('keyboard.on_help')}
        on={shortcutsOn.value}
        onValue={(on) => {
          shortcutsOn.value = on;
        }}
      />
    </Dialog>
  );
}

function pageName(link: string): string {
  const route = routes.find((one) => one.link === link);
  return route ? t(route.name) : link;
}

function Keys({ of, name }: { of: readonly (readonly [keys: string, does: string])[]; name: string }) {
  return (
    <section aria-label={name}>
      <h3>{name}</h3>
      <dl>
        {of.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
