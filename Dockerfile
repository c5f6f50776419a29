FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    COORDINATION_HOME=/var/lib/coordination

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/coordination app
WORKDIR /srv/coordination

# The requirements change rarely, the code often: two layers.
COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .
# Settings want a key to load; this one ends with this line and signs nothing.
RUN mkdir collected && SECRET_KEY=only-while-static-files-are-collected python manage.py collectstatic --noinput

USER app
VOLUME /var/lib/coordination
EXPOSE 8000
CMD ["uvicorn", "coordination.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off"]
