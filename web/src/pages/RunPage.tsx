/** One run: what it was, how it ended, what it used, what it printed. */
import { useParams } from 'wouter-preact';
import { body, client } from '../api/client';
import { Badge, Card, Facts, Loaded, Page, When } from '../components/basics';
import { LogLines } from '../components/log';
import { bytes, dateTime, duration } from '../lib/format';
import { useResource } from '../lib/resource';
import { modeName, outcomeText, outcomeTone, triggerText } from '../lib/words';

export default function RunPage() {
  const id = Number(useParams<{ id: string }>().id);
  const run = useResource(
    (signal) => client.GET('/api/runs/{id}', { params: { path: { id } }, signal }).then(body),
    [id],
    ['runs'],
  );
  const log = useResource(
    (signal) =>
      client.GET('/api/runs/{id}/log', { params: { path: { id }, query: { tail: 2000 } }, signal }).then(body),
    [id],
    ['runs'],
  );
  return (
    <Page title={`Run ${id}`}>
      <Loaded of={run}>
        {(of) => (
          <Card
            title={modeName(of.mode)}
            aside={<Badge tone={outcomeTone(of.outcome)}>{outcomeText(of.outcome)}</Badge>}
          >
            {of.reason && <div class="notice">{of.reason}</div>}
            <Facts
              of={[
                [
                  'Started',
                  <span key="s">
                    {dateTime(new Date(of.started))} (<When at={of.started} />
                    ), {triggerText(of.trigger)}
                  </span>,
                ],
                [
                  'Took',
                  of.ended
                    ? duration((new Date(of.ended).getTime() - new Date(of.started).getTime()) / 1000)
                    : 'still runs',
                ],
                ['Exit', of.signal ? `signal ${of.signal}` : (of.exit_code ?? '—')],
                ['Memory at most', of.peak_memory_bytes ? bytes(of.peak_memory_bytes) : '—'],
                ['Processor time', duration(of.cpu_seconds)],
                ['Job', of.job ?? '—'],
                ['Arguments', <code key="a">{of.arguments.join(' ') || '—'}</code>],
                ['Adopted', of.adopted ? 'yes: the daemon was restarted while it ran' : 'no'],
              ]}
            />
          </Card>
        )}
      </Loaded>
      <Card title="Output">
        <Loaded of={log}>{({ content }) => <LogLines lines={content} />}</Loaded>
      </Card>
    </Page>
  );
}
