// The run that is being stepped. All user code that executes belongs to it: nothing executes between steps.
'use strict';

const current = { run: null };

/** The run being stepped; an error where user code runs outside of one, which would be our bug. */
function running() {
  if (current.run === null) throw new Error('no function is running');
  return current.run;
}

module.exports = { current, running };
