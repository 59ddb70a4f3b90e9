// Replies of modules as their documentation gives them for each protocol: RESP2, RESP3, and what both become.
import { describe, expect, it } from 'vitest'
import {
  attributed,
  chunk,
  configRecord,
  counted,
  cursorRows,
  documents,
  infoRecord,
  jsonFlags,
  jsonNumbers,
  jsonTypes,
  onlyNumber,
  rawVector,
  rows,
  sample,
  samples,
  series,
  seriesSamples,
  similar,
  similarAttributed,
  similarLayers,
  spellings,
  suggestions,
} from './shapes-modules.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

type Row = readonly [name: string, shape: (reply: unknown) => unknown, replies: readonly unknown[], value: unknown]

const SCORED = { withScores: true }
const ALL = { withScores: true, withPayloads: true, withSortKeys: true }

const ROWS: readonly Row[] = [
  ['JSON.NUMINCRBY', jsonNumbers, ['[4,null]', bytes('[4,null]'), [4, null]], [4, null]],
  ['JSON.NUMINCRBY of an old path', jsonNumbers, ['4.5', bytes('4.5')], 4.5],
  ['JSON.NUMINCRBY of nothing', jsonNumbers, [null], null],
  [
    'JSON.TOGGLE',
    jsonFlags,
    [
      [1, 0, null],
      [true, false, null],
    ],
    [1, 0, null],
  ],
  ['JSON.TOGGLE of an old path', jsonFlags, ['true', bytes('true')], 'true'],
  [
    'JSON.TYPE',
    jsonTypes,
    [['string', 'object'], [bytes('string'), bytes('object')], [['string', 'object']]],
    ['string', 'object'],
  ],
  ['JSON.TYPE of nothing', jsonTypes, [null], null],
  [
    'FT.SEARCH',
    documents(undefined),
    [
      [2, 'doc1', ['a', '1', 'b', '2'], 'doc2', ['a', '3']],
      [2, bytes('doc1'), [bytes('a'), '1', bytes('b'), '2'], bytes('doc2'), [bytes('a'), '3']],
      {
        attributes: [],
        format: 'STRING',
        total_results: 2,
        warning: [],
        results: [
          { id: 'doc1', extra_attributes: { a: '1', b: '2' }, values: [] },
          { id: 'doc2', extra_attributes: { a: '3' }, values: [] },
        ],
      },
    ],
    {
      total: 2,
      documents: [
        { id: 'doc1', fields: { a: '1', b: '2' } },
        { id: 'doc2', fields: { a: '3' } },
      ],
    },
  ],
  [
    'FT.SEARCH without content',
    documents({ noContent: true, withScores: true }),
    [[2, 'doc1', '1.5'], { total_results: 2, results: [{ id: 'doc1', score: 1.5, values: [] }] }],
    { total: 2, documents: [{ id: 'doc1', score: 1.5 }] },
  ],
  [
    'FT.SEARCH with everything',
    documents(ALL),
    [
      [1, 'doc1', '1.5', 'pay', '#7', ['a', '1']],
      {
        total_results: 1,
        results: [{ id: 'doc1', score: 1.5, payload: 'pay', sortkey: '#7', extra_attributes: { a: '1' } }],
      },
    ],
    { total: 1, documents: [{ id: 'doc1', score: 1.5, payload: 'pay', sortKey: '#7', fields: { a: '1' } }] },
  ],
  [
    'FT.SEARCH with an explained score',
    documents(SCORED),
    [
      [1, 'doc1', ['1.5', ['why', ['because']]], []],
      { total_results: 1, results: [{ id: 'doc1', score: [1.5, ['why', ['because']]], extra_attributes: {} }] },
    ],
    { total: 1, documents: [{ id: 'doc1', score: 1.5, explanation: ['why', ['because']], fields: {} }] },
  ],
  [
    'FT.AGGREGATE',
    rows,
    [[1, ['n', '2']], { total_results: 1, results: [{ extra_attributes: { n: '2' }, values: [] }] }],
    { total: 1, rows: [{ n: '2' }] },
  ],
  [
    'FT.AGGREGATE with a cursor',
    cursorRows,
    [
      [[1, ['n', '2']], 99],
      [{ total_results: 1, results: [{ extra_attributes: { n: '2' } }] }, 99],
    ],
    { total: 1, rows: [{ n: '2' }], cursor: 99 },
  ],
  [
    'FT.CONFIG GET',
    configRecord,
    [[['TIMEOUT', '500']], [[bytes('TIMEOUT'), bytes('500')]], { TIMEOUT: '500' }],
    { TIMEOUT: '500' },
  ],
  [
    'FT.SPELLCHECK',
    spellings,
    [[['TERM', 'helo', [['0.5', 'hello']]]], { results: { helo: [{ hello: 0.5 }] } }],
    { helo: [{ suggestion: 'hello', score: 0.5 }] },
  ],
  [
    'FT.SUGGET with scores',
    suggestions(SCORED),
    [
      ['hello', '1.5'],
      ['hello', 1.5],
    ],
    [{ suggestion: 'hello', score: 1.5 }],
  ],
  [
    'FT.SUGGET with payloads',
    suggestions({ withPayloads: true }),
    [['hello', null]],
    [{ suggestion: 'hello', payload: null }],
  ],
  [
    'BF.INFO',
    infoRecord,
    [['Capacity', 100, 'Number of items inserted', 2], { Capacity: 100, 'Number of items inserted': 2 }],
    { capacity: 100, numberOfItemsInserted: 2 },
  ],
  ['TOPK.INFO', infoRecord, [['k', 5, 'decay', '0.9'], { k: 5, decay: 0.9 }], { k: 5, decay: 0.9 }],
  ['BF.INFO of one fact', onlyNumber, [[100], { Capacity: 100 }, 100], 100],
  ['BF.SCANDUMP', chunk, [[1, bytes('xy')]], { iterator: 1, data: bytes('xy') }],
  [
    'BF.SCANDUMP at its end',
    chunk,
    [
      [0, ''],
      [0, null],
      [0, bytes('')],
    ],
    { iterator: 0, data: null },
  ],
  [
    'TOPK.LIST with counts',
    counted,
    [['a', 3, 'b', 1]],
    [
      { item: 'a', count: 3 },
      { item: 'b', count: 1 },
    ],
  ],
  [
    'TS.GET',
    sample,
    [
      [1000, '1.5'],
      [1000, 1.5],
    ],
    { timestamp: 1000, value: 1.5 },
  ],
  ['TS.GET of nothing', sample, [[]], null],
  [
    'TS.RANGE',
    samples,
    [
      [
        [1, '2'],
        [3, 'nan'],
      ],
      [
        [1, 2],
        [3, Number.NaN],
      ],
    ],
    [
      { timestamp: 1, value: 2 },
      { timestamp: 3, value: Number.NaN },
    ],
  ],
  [
    'TS.MGET',
    seriesSamples,
    [
      [['t', [['room', 'a']], [1, '2']]],
      [[bytes('t'), [[bytes('room'), bytes('a')]], [1, bytes('2')]]],
      { t: [{ room: 'a' }, [1, 2]] },
    ],
    [{ key: 't', labels: { room: 'a' }, sample: { timestamp: 1, value: 2 } }],
  ],
  [
    'TS.MRANGE',
    series,
    [
      [['t', [], [[1, '2']]]],
      { t: [{}, { aggregators: [] }, [[1, 2]]] },
      { t: [{}, { reducers: ['max'] }, { sources: ['u'] }, [[1, 2]]] },
    ],
    [{ key: 't', labels: {}, samples: [{ timestamp: 1, value: 2 }] }],
  ],
  [
    'VSIM with scores',
    similar,
    [['1', '0.5', '2', '0.9'], { 1: 0.5, 2: 0.9 }],
    [
      { element: '2', score: 0.9 },
      { element: '1', score: 0.5 },
    ],
  ],
  ['VLINKS with scores', similarLayers, [[['a', '0.5']], [{ a: 0.5 }]], [[{ element: 'a', score: 0.5 }]]],
  ['VLINKS of nothing', similarLayers, [null], null],
  [
    'VSIM with attributes',
    attributed,
    [['a', '{}', 'b', null], { a: '{}', b: null }],
    [
      { element: 'a', attributes: '{}' },
      { element: 'b', attributes: null },
    ],
  ],
  [
    'VSIM with both',
    similarAttributed,
    [['a', '0.5', null, 'b', '0.9', '{}'], { a: [0.5, null], b: [0.9, '{}'] }],
    [
      { element: 'b', score: 0.9, attributes: '{}' },
      { element: 'a', score: 0.5, attributes: null },
    ],
  ],
  [
    'VEMB RAW',
    rawVector,
    [
      ['fp32', bytes('abcd'), '1.5'],
      [bytes('fp32'), bytes('abcd'), 1.5],
    ],
    { quantization: 'fp32', data: bytes('abcd'), norm: 1.5 },
  ],
]

describe('Replies of modules', () => {
  for (const [name, shape, replies, value] of ROWS)
    it(`${name} becomes one value`, () => {
      for (const reply of replies) expect(shape(reply)).toEqual(value)
    })
})
