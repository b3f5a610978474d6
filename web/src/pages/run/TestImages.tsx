/** The pictures of the last Testing run. */
import { address } from '../../api/client';
import { Empty, Loaded } from '../../components/basics';
import { Thumbnail } from '../../components/thumbnail';
import { isWide, type Picture, testImages } from '../../lib/library';
import { useResource } from '../../lib/resource';
import { t } from '../../texts';

export function TestImages() {
  const images = useResource(testImages, [], ['runs']);
  return (
    <Loaded of={images}>
      {(found) =>
        found.length === 0 ? (
          <Empty>{t('run.samples_here')}</Empty>
        ) : (
          <ul class="shelf">
            {found.map((image) => (
              <li key={image.path}>
                <Sample of={image} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

function Sample({ of: { url, modified, caption } }: { of: Picture }) {
  return (
    <a class={isWide(url) ? 'shelf-item wide' : 'shelf-item'} href={address(url)} target="_blank" rel="noreferrer">
      <Thumbnail url={url} width={320} modified={modified} />
      <span class="truncate">{caption?.title}</span>
      <span class="muted small-text truncate">{caption?.part}</span>
    </a>
  );
}
