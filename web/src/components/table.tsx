/** A table. On a phone each row is a block, in which the column's name stands before each value. */
import type { ComponentChildren } from 'preact';
import { t } from '../texts';

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  number?: boolean;
  /** What the rows are sorted by when the column's name is pressed. */
  sort?: string;
  /** The value speaks for itself on a phone, too. */
  plain?: boolean;
}

/** A cell without a value; on a phone it is left out. */
export const NOTHING = '—';

interface TableProps<Row> {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** Buttons at the end of each row. */
  actions?: (row: Row) => ComponentChildren;
  /** What the rows are sorted by; with a minus in front, the largest first. */
  sort?: string;
  onSort?: (sort: string) => void;
}

export function Table<Row>({ columns, rows, rowKey, actions, sort, onSort }: TableProps<Row>) {
  return (
    <div class="table-wrap">
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
            {actions && (
              <th>
                <span class="visually-hidden">{t('frame.actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column, index) => {
                const value = column.cell(row);
                return (
                  <td
                    key={column.name}
                    class={
                      [column.number && 'number', value === NOTHING && 'nothing'].filter(Boolean).join(' ') || undefined
                    }
                    data-column={index === 0 || column.plain ? undefined : column.name}
                  >
                    {value}
                  </td>
                );
              })}
              {actions && <td class="end">{actions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const by = column.sort;
  const kind = column.number ? 'number' : undefined;
  if (by === undefined || !onSort) return <th class={kind}>{column.name}</th>;
  const up = sort === by;
  const down = sort === `-${by}`;
  return (
    <th class={kind} aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}>
      <button type="button" onClick={() => onSort(down ? by : `-${by}`)}>
        {column.name} <span aria-hidden="true">{up ? '↑' : down ? '↓' : ''}</span>
      </button>
    </th>
  );
}
