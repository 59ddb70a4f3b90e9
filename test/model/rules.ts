// The rules of fields and elements, as the interpreter holds values to them.
import type { FieldSpec } from '../../packages/model/src/fields.ts'
import type { StoredField } from '../../packages/model/src/model.ts'
import { fail } from './failure.ts'
import { type Json, jsonText } from './json-value.ts'

/** Whether a document breaks the schema of its field, which is synchronous here. */
export function breaks(field: StoredField, document: Json): boolean {
  const result = field.schema!['~standard'].validate(JSON.parse(jsonText(document ?? null)))
  return 'issues' in result && result.issues !== undefined
}

export function checkRules(rules: FieldSpec, value: unknown): void {
  if (rules.kind === 'enum' && !rules.members!.includes(value as string)) fail('OUT_OF_RANGE')
  const measure =
    rules.kind === 'string'
      ? [...(value as string)].length
      : rules.kind === 'bytes'
        ? (value as string).length
        : (value as number | bigint)
  if (rules.min !== undefined && measure < rules.min) fail('OUT_OF_RANGE')
  if (rules.max !== undefined && measure > rules.max) fail('OUT_OF_RANGE')
}
