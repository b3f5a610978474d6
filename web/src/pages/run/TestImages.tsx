/** The pictures of the last Testing run. */
import { address } from '../../api/client';
import { Card, Empty, Loaded } from '../../components/basics';
import { testImages, thumbnail } from '../../lib/library';
import { useResource } from '../../lib/resource';

export function TestImages() {
  const images = useResource(testImages, [], ['runs']);
  return (
    <Card title="Testing gallery">
      <Loaded of={images}>
        {(found) =>
          found.length === 0 ? (
            <Empty>Start a Testing run to see how your settings look.</Empty>
          ) : (
            <ul class="shelf">
              {found.map((image) => (
                <li key={image.path}>
                  <a class="shelf-item" href={address(image.url)} target="_blank" rel="noreferrer">
                    <img src={thumbnail(image.url, 320)} alt="" loading="lazy" />
                    <span class="truncate">{image.name.replace(/\.\w+$/, '').replaceAll('_', ' ')}</span>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
