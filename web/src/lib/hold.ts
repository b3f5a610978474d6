/** A long press: what a finger does where a mouse has another button, and a keyboard another key. */
import { useRef } from 'preact/hooks';

/** How long it lasts, in milliseconds. */
const LASTS = 500;
/** How far a finger may slip meanwhile, in pixels. */
const SLIP = 10;

/** The handlers of the element that is pressed, or of one around it. The press that follows from it is taken away. */
export function useHold(held: (target: HTMLElement) => void) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number }>();
  const over = useRef(false);

  function end() {
    clearTimeout(press.current?.timer);
    press.current = undefined;
  }

  return {
    onPointerDown({ pointerType, clientX: x, clientY: y, target }: PointerEvent) {
      over.current = false;
      end();
      if (pointerType !== 'touch') return;
      const timer = setTimeout(() => {
        over.current = true;
        held(target as HTMLElement);
      }, LASTS);
      press.current = { timer, x, y };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const from = press.current;
      if (from && Math.hypot(clientX - from.x, clientY - from.y) > SLIP) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onContextMenu(event: Event) {
      if (press.current || over.current) event.preventDefault();
    },
    onClickCapture(event: Event) {
      if (!over.current) return;
      over.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
