# docker build -t nnx-lint . && docker run --rm -v "$PWD:/code" nnx-lint
FROM python:3.12-slim
COPY . /source
RUN pip install --no-cache-dir /source && rm -rf /source
WORKDIR /code
USER nobody
ENV NNX_LINT_CACHE=/tmp/nnx-lint
ENTRYPOINT ["nnx-lint"]
CMD ["."]
