/** For work that many events ask for. */

/** Does the work at most once in so many milliseconds: at once, and once more at the end where it was wanted meanwhile. */
export function seldom(work: () => void, every: number): () => void {
  let resting = false;
  let wanted = false;
  function rest() {
    resting = true;
    setTimeout(() => {
      resting = false;
      if (!wanted) return;
      wanted = false;
      work();
      rest();
    }, every);
  }
  return () => {
    if (resting) {
      wanted = true;
      return;
    }
    work();
    rest();
  };
}
