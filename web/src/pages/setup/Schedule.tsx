/** When runs start by themselves. */
import { useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import { TextField } from '../../components/fields';
import { asError } from '../../lib/errors';
import { changed, scheduler } from '../../live/state';
import { t } from '../../texts';
import { StepForm } from './StepForm';

export function ScheduleStep() {
  const known = scheduler.value;
  const entries = (known?.schedules ?? []) as unknown as { time: string }[];
  const [time, setTime] = useState('03:00');
  const [problem, setProblem] = useState<string>();

  async function submit(): Promise<boolean> {
    try {
      if (!entries.some((entry) => entry.time === time)) {
        await client.POST('/api/scheduler/schedule', { body: { time } });
      }
      await client.POST('/api/scheduler/enable');
      scheduler.value = body(await client.GET('/api/scheduler/status'));
      changed('schedule');
      return true;
    } catch (cause) {
      setProblem(asError(cause).message);
      return false;
    }
  }

  return (
    <StepForm step="schedule" optional onSubmit={submit}>
      {entries.length > 0 && <p>{t('setup.times', { times: entries.map((entry) => entry.time).join(', ') })}</p>}
      <TextField
        label={t('setup.time')}
        help={known && t('setup.time_help', { zone: known.timezone })}
        type="time"
        value={time}
        problem={problem}
        onValue={setTime}
      />
    </StepForm>
  );
}
