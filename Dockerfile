# The playground in a container, for the CPU or, with --build-arg DEVICE=cuda, for NVIDIA GPUs:
#   docker build --tag gan-playground .
#   docker run --rm --publish 7860:7860 --read-only --tmpfs /scratch gan-playground
# EXTRA names an extra of pyproject.toml to install as well: cluster.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS packages
ARG DEVICE=cpu
ARG EXTRA=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /build
COPY requirements.txt ./
# the package index holds the build for CUDA; that for the CPU is 3 GB smaller, and only torch comes from there
RUN case "$DEVICE" in \
        cpu) pip install --no-deps --index-url https://download.pytorch.org/whl/cpu \
                 "$(grep '^torch==' requirements.txt)+cpu" ;; \
        cuda) ;; \
        *) echo "DEVICE is '$DEVICE'; allowed are cpu and cuda." >&2; exit 1 ;; \
    esac \
    && pip install --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY playground ./playground
RUN pip install --constraint requirements.txt ".${EXTRA:+[$EXTRA]}" && pip check

FROM python:${PYTHON}-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /scratch visitor && install --directory --owner visitor /scratch
COPY --from=packages /venv /venv
WORKDIR /app
COPY checkpoints ./checkpoints
# all that is ever written lies in /scratch: uploads, models of the Hub, sockets; the rest may be read-only
ENV PATH=/venv/bin:$PATH \
    HOME=/scratch \
    TMPDIR=/scratch \
    HF_HOME=/scratch/huggingface \
    GRADIO_TEMP_DIR=/scratch/uploads \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_ANALYTICS_ENABLED=False \
    PLAYGROUND_CHECKPOINTS=/app/checkpoints \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 7860
# the first process of a container ignores a signal that it has no handler for, and Python handles this one
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=6s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz', timeout=5)"]
ENTRYPOINT ["python", "-m", "playground"]
CMD ["app"]
