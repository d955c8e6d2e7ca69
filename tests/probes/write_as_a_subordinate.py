"""Makes files as a subordinate id."""

show(share=attempt(write, '/share/file'), output=attempt(write, '/output/file'),
     owner=os.stat('/share/file').st_uid)
