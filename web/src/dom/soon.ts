/** Runs `task` once shortly after one or many calls. A timer, not a frame: the title of a hidden tab must go on. */
export function soon(task: () => void): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    ask: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        task();
      }, 30);
    },
    stop: () => clearTimeout(timer),
  };
}
