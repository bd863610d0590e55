package page

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// Options are what a page shows.
type Options struct {
	// Report is the report as it is now, nil until there is one. It must not change afterwards.
	Report func() *audit.Report
	// Cluster is what the report is about, such as the address of the API server. It may be empty.
	Cluster string
	// Preview evaluates what is running by other guardrails, which it is given as YAML. Where it is nil,
	// there is no such view.
	Preview func(ctx context.Context, guardrails []byte) (*Preview, error)
	// Now is the clock. Where it is nil, it is time.Now.
	Now func() time.Time
}

// Page serves a report to people. It is an http.Handler for any path below which it is mounted.
type Page struct {
	options Options
	routes  *http.ServeMux
	origins *http.CrossOriginProtection

	previewing sync.Mutex

	mu     sync.Mutex
	index  *index
	scores scores
}

// New makes a page. Its Run notes how the score develops.
func New(o Options) *Page {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Page{options: o, routes: http.NewServeMux(), scores: scores{every: scoreEvery * 9 / 10}, origins: http.NewCrossOriginProtection()}
	p.register()
	return p
}

// scoreEvery is how often the score is noted.
const scoreEvery = time.Minute

// Run notes the score until the context ends.
func (p *Page) Run(ctx context.Context) error {
	ticker := time.NewTicker(scoreEvery)
	defer ticker.Stop()
	for {
		p.current()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// current is what there is to show, or nil. A report is arranged once.
func (p *Page) current() *view {
	r := p.options.Report()
	if r == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.index == nil || p.index.report != r {
		p.index = newIndex(r)
	}
	now := p.options.Now()
	if percent, scored := scoreOf(r.Summary); scored {
		p.scores.add(score{now, percent})
	}
	return &view{index: p.index, now: now, cluster: p.options.Cluster, scores: slices.Clip(p.scores.all), preview: p.options.Preview != nil}
}

// answer is what a view answers with.
type answer struct {
	status       int
	title, where string
	content      g.Node
}

func (p *Page) register() {
	p.file("page.css", "text/css; charset=utf-8")
	p.file("page.js", "text/javascript; charset=utf-8")
	p.file("icon.svg", "image/svg+xml")
	p.view("/{$}", func(v *view, _ *http.Request) answer { return answer{title: "Overview", content: v.overview()} })
	p.view("/namespaces", func(v *view, r *http.Request) answer {
		return answer{title: "Namespaces", where: "namespaces", content: v.heatMap(filterOf(r.URL.Query()))}
	})
	p.view("/namespaces/{namespace}", oneNamespace)
	p.view("/rules", func(v *view, r *http.Request) answer {
		return answer{title: "Rules", where: "rules", content: v.ruleList(filterOf(r.URL.Query()))}
	})
	p.view("/rules/{guardrail}/{rule}", oneRule)
	p.view("/workloads", func(v *view, r *http.Request) answer {
		return answer{title: "Workloads", where: "workloads", content: v.workloadList(filterOf(r.URL.Query()))}
	})
	p.view("/workloads/{namespace}/{kind}/{name}", oneWorkload)
	p.view("/findings", func(v *view, r *http.Request) answer {
		return answer{title: "Findings", where: "findings", content: v.findingList(filterOf(r.URL.Query()))}
	})
	p.view("/guardrails", func(v *view, _ *http.Request) answer {
		return answer{title: "Guardrails", where: "guardrails", content: v.guardrailList()}
	})
	p.view("/exemptions", func(v *view, r *http.Request) answer {
		return answer{title: "Exemptions", where: "exemptions", content: v.exemptionList(filterOf(r.URL.Query()))}
	})
	if p.options.Preview != nil {
		p.view("/preview", func(v *view, _ *http.Request) answer {
			return answer{title: "Preview", where: "preview", content: v.previewForm("", "", nil)}
		})
		p.routes.HandleFunc("POST /preview", p.postPreview)
	}
	p.view("/", func(_ *view, _ *http.Request) answer { return notFound("", "There is no such view.") })
}

func oneNamespace(v *view, r *http.Request) answer {
	name := r.PathValue("namespace")
	if name == clusterScoped {
		name = ""
	}
	n := v.byNamespace[name]
	if n == nil {
		return notFound("namespaces", "Nothing is known of a namespace "+r.PathValue("namespace")+".")
	}
	return answer{title: namespaceName(name), where: "namespaces", content: v.oneNamespace(n, filterOf(r.URL.Query()))}
}

func oneRule(v *view, r *http.Request) answer {
	key := ruleKey{r.PathValue("guardrail"), r.PathValue("rule")}
	found := v.byRule[key]
	if found == nil {
		return notFound("rules", "Nothing breaks "+key.name+" of "+key.guardrail+" now, or there is no such rule.")
	}
	return answer{title: key.name, where: "rules", content: v.oneRule(found, filterOf(r.URL.Query()))}
}

func oneWorkload(v *view, r *http.Request) answer {
	key := ownerNamed(r.PathValue("namespace"), r.PathValue("kind"), r.PathValue("name"))
	w := v.byWorkload[key]
	if w == nil {
		return notFound("workloads", "Nothing is found of "+key.kind+" "+key.name+" now, or there is none.")
	}
	return answer{title: key.name, where: "workloads", content: v.oneWorkload(w)}
}

func notFound(where, why string) answer {
	return answer{status: http.StatusNotFound, title: "Not found", where: where, content: g.Group{heading("Not found"), h.P(h.Class("say"), g.Text(why))}}
}

// write renders an answer whole before any of it is sent.
func (a answer) write(w http.ResponseWriter, v *view) {
	var b bytes.Buffer
	_ = v.document(a.title, a.where, a.content).Render(&b) // a buffer takes everything
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = w.Write(b.Bytes())
}
