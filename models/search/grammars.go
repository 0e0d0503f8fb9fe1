package search

import (
	"slices"
	"strings"
)

// Grammar is what may be compared and ordered by in one kind of search. The sets in
// its messages are written as the reference printed them once: there they have no
// order.
type Grammar struct {
	entities map[string]Entity
	noEntity string            // message; takes the entity
	keys     []string          // attributes
	noKey    string            // message; takes the key
	aliases  map[string]string // other names of attributes
	numbers  []string          // attributes that compare as numbers
	lists    []string          // attributes that IN may follow
	noList   string            // message
	noText   string            // message for attributes without a quoted value; takes the value
	nulls    []Entity          // what IS NULL may follow
	noNull   string            // message; takes entity and key, or the key alone
	orders   []string          // attributes to order by
	noOrder  string            // message; takes the key
	quote    string            // around invalid clauses
	several  string            // message: more than one statement; takes the filter
	notAList string            // message instead of naming invalid clauses; takes the filter
	bareText bool              // texts need no quotes
	anyList  bool              // IN may follow everything that compares as text
}

const several = "Search filter contained multiple expression %s. Provide AND-ed expression list."

// Runs is the grammar of runs/search.
var Runs = Grammar{
	entities: map[string]Entity{
		"metric": Metric, "metrics": Metric,
		"parameter": Param, "parameters": Param, "param": Param, "params": Param,
		"tag": Tag, "tags": Tag,
		"attribute": Attribute, "attributes": Attribute, "attr": Attribute, "run": Attribute,
		"dataset": Dataset, "datasets": Dataset,
	},
	noEntity: "Invalid entity type '%s'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
	keys:     []string{"run_id", "run_name", "user_id", "status", "artifact_uri", "start_time", "end_time", "created", "Created", "run name", "Run name", "Run Name"},
	noKey:    "Invalid attribute key '%s' specified. Valid keys are '{'status', 'run_name', 'Run Name', 'end_time', 'user_id', 'artifact_uri', 'Run name', 'Created', 'run name', 'run_id', 'created', 'start_time'}'",
	aliases:  map[string]string{"created": "start_time", "Created": "start_time", "run name": "run_name", "Run name": "run_name", "Run Name": "run_name"},
	numbers:  []string{"start_time", "end_time"},
	lists:    []string{"run_id"},
	noList:   "Only the 'run_id' attribute supports comparison with a list of quoted string values.",
	noText:   "Expected a quoted string value for attributes. Got value %s",
	nulls:    []Entity{Param, Tag},
	noNull:   "IS NULL / IS NOT NULL is only supported for tags and params, not for '%s' '%s'",
	orders:   []string{"run_id", "run_name", "user_id", "status", "artifact_uri", "start_time", "end_time", "created", "Created"},
	noOrder:  "Invalid attribute key '%s' specified. Valid keys are '{'run_name', 'run_id', 'user_id', 'created', 'end_time', 'artifact_uri', 'Created', 'start_time', 'status'}'",
	quote:    "'",
	several:  several,
}

var tagged = map[string]Entity{"attribute": Attribute, "tag": Tag, "tags": Tag}

const notTagged = "Invalid entity type '%s'. Valid entity types are ('attribute', 'tag', 'tags')"

// Experiments is the grammar of experiments/search.
var Experiments = Grammar{
	entities: tagged, noEntity: notTagged,
	keys:    []string{"name", "experiment_id", "creation_time", "last_update_time"},
	noKey:   "Invalid attribute key '%s' specified. Valid keys are '{'name', 'experiment_id', 'creation_time', 'last_update_time'}'",
	numbers: []string{"creation_time", "last_update_time"},
	lists:   []string{"experiment_id"},
	noList:  "Only ['experiment_id'] attributes support comparison with a list of quoted string values.",
	noText:  "Expected a quoted string value for attributes. Got value %s",
	nulls:   []Entity{Tag},
	noNull:  "IS NULL / IS NOT NULL is only supported for tags, not for %s '%s'",
	orders:  []string{"name", "experiment_id", "creation_time", "last_update_time"},
	noOrder: "Invalid attribute key '%s' specified. Valid keys are '{'name', 'experiment_id', 'creation_time', 'last_update_time'}'",
	several: several,
}

// RegisteredModels is the grammar of registered-models/search.
var RegisteredModels = Grammar{
	entities: tagged, noEntity: notTagged,
	keys:    []string{"name"},
	noKey:   "Invalid attribute key '%s' specified. Valid keys are '{'name'}'",
	lists:   []string{"name"},
	noList:  "Only ['name'] attributes support comparison with a list of quoted string values.",
	noText:  "Expected a quoted string value or a list of quoted string values for attributes. Got value %s",
	nulls:   []Entity{Tag},
	noNull:  "IS NULL / IS NOT NULL is only supported for tags, not for %s '%s'",
	aliases: map[string]string{"timestamp": "last_updated_timestamp"},
	orders:  []string{"name", "timestamp", "last_updated_timestamp", "creation_timestamp"},
	noOrder: "Invalid order by key '%s' specified. Valid keys are '{'name', 'timestamp'}'",
	several: several,
}

// ModelVersions is the grammar of model-versions/search.
var ModelVersions = Grammar{
	entities: tagged, noEntity: notTagged,
	keys:    []string{"name", "version_number", "run_id", "source_path"},
	noKey:   "Invalid attribute key '%s' specified. Valid keys are '{'name', 'run_id', 'version_number', 'source_path'}'",
	numbers: []string{"version_number"},
	lists:   []string{"name", "run_id"},
	noList:  "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.",
	noText:  "Only the '{'version_number', 'creation_timestamp', 'last_updated_timestamp'}' attributes support comparison with numeric values. Got value %s",
	nulls:   []Entity{Tag},
	noNull:  "IS NULL / IS NOT NULL is only supported for tags, not for %s '%s'",
	orders:  []string{"name", "version_number", "creation_timestamp", "last_updated_timestamp"},
	noOrder: "Invalid attribute key '%s' specified. Valid keys are '{'name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'}'",
	several: several,
}

// LoggedModels is the grammar of logged-models/search.
var LoggedModels = Grammar{
	entities: map[string]Entity{"attributes": Attribute, "metrics": Metric, "params": Param, "tags": Tag},
	noEntity: "Invalid entity type: '%s'. Expected one of ['attributes', 'metrics', 'params', 'tags'].",
	keys:     []string{"name", "model_id", "model_type", "status", "source_run_id", "experiment_id", "artifact_uri", "creation_timestamp", "creation_timestamp_ms", "creation_time", "last_updated_timestamp", "last_updated_timestamp_ms"},
	noKey:    "Invalid attribute key '%s' specified. Valid keys are '{'name', 'model_id', 'model_type', 'status', 'source_run_id', 'experiment_id', 'artifact_uri', 'creation_timestamp_ms', 'last_updated_timestamp_ms'}'",
	aliases:  map[string]string{"creation_time": "creation_timestamp_ms", "creation_timestamp": "creation_timestamp_ms", "last_updated_timestamp": "last_updated_timestamp_ms"},
	numbers:  []string{"creation_timestamp_ms", "last_updated_timestamp_ms"},
	noText:   "Expected a quoted string value for attributes. Got value %s",
	nulls:    []Entity{Param, Tag},
	noNull:   "IS NULL / IS NOT NULL is only supported for tags and params, not for '%s' '%s'",
	orders:   []string{"name", "model_id", "model_type", "status", "source_run_id", "experiment_id", "creation_timestamp", "creation_timestamp_ms", "creation_time", "last_updated_timestamp", "last_updated_timestamp_ms"},
	noOrder:  "Invalid order by field name: %s",
	several:  "Invalid filter string: %s. Expected a single SQL expression.",
	notAList: "Invalid filter string: %s. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').",
	bareText: true,
	anyList:  true,
}

var (
	numericOps = []string{">", ">=", "!=", "=", "<", "<="}
	textOps    = []string{"!=", "=", "LIKE", "ILIKE"}
	listOps    = []string{"IN", "NOT IN"}
	nullOps    = []string{"IS NULL", "IS NOT NULL"}
)

// operators are what may follow a clause's identifier.
func (g Grammar) operators(c Clause) []string {
	ops := textOps
	if c.Numeric {
		ops = numericOps
	}
	if !c.Numeric && (c.Entity == Attribute || c.Entity == Dataset || g.anyList) {
		ops = slices.Concat(ops, listOps)
	}
	if slices.Contains(g.nulls, c.Entity) {
		ops = slices.Concat(ops, nullOps)
	}
	return ops
}

// comparable refuses an operator that does not fit what it compares.
func (g Grammar) comparable(p parsed) error {
	ops := g.operators(p.Clause)
	if !slices.Contains(ops, p.Op) {
		return refuse(p.op, "Invalid comparator '%s' not one of '{'%s'}'", token{text: p.Op}.short(), strings.Join(ops, "', '"))
	}
	if list := slices.Contains(listOps, p.Op); list != (p.List != nil) && !slices.Contains(nullOps, p.Op) {
		return refuse(p.value, "'%s' needs a single value, IN and NOT IN need a list in parentheses.", p.Op)
	}
	if strings.HasSuffix(p.Op, "LIKE") && len(p.Text) > maxPattern {
		return refuse(p.value, "The pattern is longer than the %d bytes that are read.", maxPattern)
	}
	return nil
}
