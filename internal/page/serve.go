package page

import (
	"embed"
	"net/http"
)

// contentSecurityPolicy lets a page load its own style, script and icon, and nothing else: what would
// slip through as markup could not run, and could not send anything anywhere.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// ServeHTTP serves the views.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store") // who may see it now may not for ever
	posts := r.Method == http.MethodPost && r.URL.Path == "/preview" && p.options.Preview != nil
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !posts {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	p.routes.ServeHTTP(w, r)
}

// view serves one that needs a report.
func (p *Page) view(pattern string, render func(*view, *http.Request) answer) {
	p.routes.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
		v := p.current()
		if v == nil {
			notYet(w)
			return
		}
		v.links = linksAt(r.URL.EscapedPath())
		render(v, r).write(w, v)
	})
}

func notYet(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "2")
	w.Header().Set("Refresh", "2")
	http.Error(w, "The cluster is being read; this page comes by itself as soon as everything has been evaluated once.", http.StatusServiceUnavailable)
}

// postPreview evaluates other guardrails, which takes the server some work: no other site may ask for
// it in the name of who looks at it.
func (p *Page) postPreview(w http.ResponseWriter, r *http.Request) {
	if err := p.origins.Check(r); err != nil {
		http.Error(w, "this form is of another site: "+err.Error(), http.StatusForbidden)
		return
	}
	v := p.current()
	if v == nil {
		notYet(w)
		return
	}
	v.links = linksAt(r.URL.EscapedPath())
	text, found, failure := p.previewOf(r.Context(), w, r)
	a := answer{title: "Preview", where: "preview", content: v.previewForm(text, failure, found)}
	if failure != "" {
		a.status = http.StatusUnprocessableEntity
	}
	a.write(w, v)
}

// file serves one of those that are built in.
func (p *Page) file(name, contentType string) {
	content := asset(name)
	p.routes.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content)
	})
}

//go:embed assets
var assets embed.FS

func asset(name string) []byte {
	content, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is embedded, or the program was not built
	}
	return content
}
