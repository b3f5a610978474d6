/** Bars and lines over time, by uPlot, in the page's colours. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number } from '../lib/format';
import { accent, theme } from '../lib/theme';

interface ChartProps {
  label: string;
  /** Instants in seconds since 1970, ascending. */
  times: readonly number[];
  values: readonly (number | null)[];
  /** The first and the last instant that is shown, whether there are values or not. */
  span: readonly [number, number];
  /** How a value is written at the axis and under the pointer. */
  format?: (value: number) => string;
  /** The custom property that holds the bars' colour. */
  colour?: string;
}

const HEIGHT = 180;
/** What is between the edge and the plot, besides labels. */
const BESIDE_LABELS = 20;
/** Distances between lines: runs, pictures and seconds are whole. */
const WHOLE = [1, 2, 5]
  .flatMap((step) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((size) => step * size))
  .sort((a, b) => a - b);

export function Chart({ label, times, values, span, format = number, colour: bar = '--accent' }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const look = `${theme.value} ${accent.value}`;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
    const [text, line, fill] = [resolved(element, '--muted'), resolved(element, '--line'), resolved(element, bar)];
    const axis = {
      stroke: text,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line },
      font: `12px ${colour('--font')}`,
    };
    const bars = uPlot.paths.bars?.({ size: [0.7, 24] });
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: true, live: true },
        cursor: { y: false },
        scales: { x: { range: () => [span[0], span[1]] }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [
          axis,
          {
            ...axis,
            size: ({ ctx }, labels) => BESIDE_LABELS + widest(ctx, axis.font, labels ?? []),
            incrs: WHOLE,
            values: (_, ticks) => ticks.map(format),
          },
        ],
        series: [
          {},
          {
            label,
            stroke: fill,
            fill,
            width: 0,
            points: { show: false },
            value: (_, value) => (value === null ? '—' : format(value)),
            ...(bars ? { paths: bars } : {}),
          },
        ],
      },
      [[...times], [...values]],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [label, times, values, span, look]);
  return (
    <figure class="chart">
      <figcaption>{label}</figcaption>
      <div ref={box} />
    </figure>
  );
}

/** How wide the longest of some texts is. */
function widest(context: CanvasRenderingContext2D, font: string, texts: readonly string[]): number {
  context.save();
  context.font = font;
  const widths = texts.map((text) => context.measureText(text).width);
  context.restore();
  return Math.ceil(Math.max(0, ...widths));
}

/** A canvas does not know `light-dark()`: the browser is asked what the colour comes to. */
function resolved(near: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  near.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
