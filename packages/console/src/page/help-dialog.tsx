import type { ReactElement, RefObject } from 'react';
import { Icon } from './icon.tsx';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Go to the search bar'],
  ['j  k', 'Next and previous record (also the arrow keys)'],
  ['Enter', 'Open the record'],
  ['Esc', 'Close the record'],
  ['l', 'Live tail on or off'],
  ['o', 'Show or hide Portledger’s own records'],
  ['t', 'Light or dark'],
  ['?', 'This help'],
];

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['dest_port:5432', 'one port'],
  ['user:alice AND NOT service:backup', 'a person, without a service'],
  ['src_ip:10.0.0.0/8', 'a network'],
  ['action:connection-refused', 'what was turned away'],
  ['bytes_out:>1000000', 'large transfers'],
  ['process:ssh*', 'a beginning'],
];

export function HelpDialog({ ref }: { readonly ref: RefObject<HTMLDialogElement | null> }): ReactElement {
  return (
    <dialog ref={ref} className="help" aria-labelledby="help-title">
      <header>
        <h2 id="help-title">Keys and filters</h2>
        <form method="dialog">
          <button type="submit" className="quiet" aria-label="Close help">
            <Icon name="close" />
          </button>
        </form>
      </header>
      <div className="help-columns">
        <section>
          <h3>Keys</h3>
          <dl>
            {KEYS.map(([key, meaning]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h3>Filters</h3>
          <dl>
            {EXAMPLES.map(([filter, meaning]) => (
              <div key={filter}>
                <dt>
                  <code>{filter}</code>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
          <p>Join with AND, OR, NOT and parentheses. In the summary, click a value to filter, Alt-click to exclude.</p>
        </section>
      </div>
    </dialog>
  );
}
