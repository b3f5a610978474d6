/** A place to drop files on, which is also a button that opens the browser's choice of files. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface DropProps {
  /** What kinds of files are offered first, as in an input's `accept`. */
  accept: string;
  onFiles: (files: readonly File[]) => void;
  /** Whether several at once are taken. */
  multiple?: boolean;
  /** A strip instead of a square. */
  low?: boolean;
  children: ComponentChildren;
}

export function Drop({ accept, onFiles, multiple = false, low = false, children }: DropProps) {
  const [over, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    const all = [...(files ?? [])];
    if (all.length > 0) onFiles(multiple ? all : all.slice(0, 1));
  };
  return (
    <label
      class={['drop', low ? 'low' : '', over ? 'over' : ''].join(' ')}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      {children}
      <input
        class="visually-hidden"
        type="file"
        multiple={multiple}
        accept={accept}
        onChange={(event) => {
          take(event.currentTarget.files);
          // The same file may be chosen again.
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
