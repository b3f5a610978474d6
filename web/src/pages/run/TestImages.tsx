/** The pictures of the last Testing run. */
import { address } from '../../api/client';
import { Empty, Loaded } from '../../components/basics';
import { type Picture, testImages, thumbnail } from '../../lib/library';
import { useResource } from '../../lib/resource';

export function TestImages() {
  const images = useResource(testImages, [], ['runs']);
  return (
    <Loaded of={images}>
      {(found) =>
        found.length === 0 ? (
          <Empty>Its pictures appear here.</Empty>
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
    <a class="shelf-item" href={address(url)} target="_blank" rel="noreferrer">
      <img src={thumbnail(url, 320, modified)} alt="" loading="lazy" />
      <span class="truncate">{caption?.title}</span>
      <span class="muted small-text truncate">{caption?.part}</span>
    </a>
  );
}
