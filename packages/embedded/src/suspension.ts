// A script that was interrupted because others have waited long enough, and the way back from it to its client.
//
//     script -> EVAL -> call -> (EXEC -> call ->) connection
//
// Each level that is answered SUSPENDED by the one below adds what it does with the outcome (`add`), answers SUSPENDED itself,
// and so the event loop gets its turn. The script goes on from there, a slice at a time (`run`), until there is an outcome for
// the connection. Meanwhile its unit is open: nothing of it is logged, no output that may tell of it leaves (`held`), time
// stands still for it, and whatever else wants to enter the engine waits (`deferred`) or is answered BUSY.
import { FailureReply } from '@ochre/protocol'
import { internalFailure } from './call.ts'
import { type Outcome, type Session, SUSPENDED } from './session.ts'

type Rest = (outcome: Outcome) => Outcome

export class Suspension {
  /** The client whose command it is. */
  readonly session: Session
  /** Goes on with the script. */
  resume: () => Outcome
  /** Sessions whose output may tell of the script, or comes after such. */
  readonly held: Set<Session> = new Set()
  /** What waits for the end, in order of arrival. */
  readonly deferred: (() => void)[] = []
  /** Resolves when it is over, whether the script came to its end or was given up. */
  readonly ended: Promise<void>
  end: () => void = () => {}
  /** From the script outwards. */
  #rest: Rest[] = []

  constructor(session: Session, resume: () => Outcome) {
    this.session = session
    this.resume = resume
    this.ended = new Promise((resolve) => {
      this.end = resolve
    })
  }

  /** Adds what the next level does with the outcome; returns what it answers now. */
  add(rest: Rest): typeof SUSPENDED {
    this.#rest.push(rest)
    return SUSPENDED
  }

  /** Goes on: the outcome for the connection, or SUSPENDED again. */
  run(): Outcome {
    let outcome = settled(this.resume)
    while (outcome !== SUSPENDED) {
      const rest = this.#rest.shift()
      if (rest === undefined) return outcome
      const below = outcome
      const outer = this.#rest
      this.#rest = []
      outcome = settled(() => rest(below))
      this.#rest.push(...outer)
    }
    return SUSPENDED
  }
}

function settled(run: () => Outcome): Outcome {
  try {
    return run()
  } catch (failure) {
    return failure instanceof FailureReply ? failure : internalFailure(failure)
  }
}
