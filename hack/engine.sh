# Sourced: finds the container engine, as $engine, and has kind use the same.
# CONTAINER_ENGINE chooses one; left out, it is Docker where its daemon answers, else Podman.
engine=${CONTAINER_ENGINE:-}
if [[ -z $engine ]]; then
  for candidate in docker podman; do
    if command -v "$candidate" >/dev/null && "$candidate" info >/dev/null 2>&1; then
      engine=$candidate
      break
    fi
  done
fi
if [[ -z $engine ]]; then
  echo "no container engine answers: start Docker or Podman (\`docker info\` or \`podman info\` must work)" >&2
  exit 1
fi
case $engine in # kind takes one of its own choice instead of a name that it does not know
docker | podman) ;;
*)
  echo "CONTAINER_ENGINE is $engine: must be docker or podman" >&2
  exit 1
  ;;
esac
export KIND_EXPERIMENTAL_PROVIDER=$engine
